/*
 * fuzz_msg - any bytes as any message between our processes; the first byte chooses which.
 * Property: what is read can be written, and that is read and written again as the same bytes.
 */
#include <assert.h>

#include "tests/fuzz/msg_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct channel once = msg_paper(), twice = msg_paper();
	enum msg_form form;

	if (size > 0) {
		form = (enum msg_form)(data[0] % FORMS);
		if (msg_again(form, bytes_of(data + 1, size - 1), &once) == 0) {
			assert(msg_again(form, msg_body(&once), &twice) == 0);
			assert(bytes_eq(msg_body(&once), msg_body(&twice)));
		}
	}
	buf_deinit(&once.out);
	buf_deinit(&twice.out);
	return 0;
}
