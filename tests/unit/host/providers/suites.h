#ifndef TESTS_UNIT_HOST_PROVIDERS_SUITES_H
#define TESTS_UNIT_HOST_PROVIDERS_SUITES_H

#include <check.h>

TCase *msg_provider_tests(void);
TCase *provider_need_tests(void);
TCase *provider_asks_tests(void);
TCase *http_message_tests(void);
TCase *kv_message_tests(void);
TCase *messaging_tests(void);
TCase *source_tests(void);

#endif
