/* ctl_auction - see ctl_auction.h. Bids are what hosts say; the first is as good as any. */
#include "gateway/cli/ctl_auction.h"

#include <string.h>

struct bids {
	char host[CTL_KEY];
	size_t n;
};

static void
on_bid(void *ctx, const struct control_reply *r)
{
	struct bids *b = ctx;

	if (b->n++ == 0)
		control_text(r, 0, "host_id", b->host, sizeof(b->host));
}

int
ctl_auction(struct ctl *c, const char *kind, const char *ref, const struct buf *body, char out[CTL_KEY])
{
	struct bids bids = { 0 };
	char tail[64];

	snprintf(tail, sizeof(tail), "auction.%s", kind);
	if (ctl_gather(c, tail, body, on_bid, &bids) < 0)
		return CLI_FAILED;
	if (bids.n == 0) {
		cli_error("no host bids for %s: it runs there already, or no host has the labels asked for", ref);
		cli_try("portcullis ctl get hosts");
		return CLI_FAILED;
	}
	strcpy(out, bids.host);
	return CLI_OK;
}
