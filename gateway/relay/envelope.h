/*
 * envelope - the answer to a request that was refused, in the form the asker's dialect reads, so that
 * nobody waits for a time-out.
 *
 *   A, B   {"accepted":false,"error":...,"failure":...,"host_id":...}  (their subjects are the same)
 *   C      {"success":false,"message":...}
 *   wadm   {"result":"error","message":...}
 *   JetStream {"type":"io.nats.jetstream.api.v1.error_response","error":{"code":403,...}}
 *   D      {"error":{"code":7,"message":...}}   7 is gRPC's PERMISSION_DENIED
 *   others a header block with the status 403, where the asker reads headers
 *
 * Source: wasmCloud control-interface ctliface.rs (0.18), types.rs (0.82), ctl.rs (1.9); wadm-types
 * api.rs; nats-server jetstream_api.go, ApiError.
 */
#ifndef GATEWAY_RELAY_ENVELOPE_H
#define GATEWAY_RELAY_ENVELOPE_H

#include "policy/core/buf.h"

enum { ENVELOPE_TEXT = 512 };

/*
 * envelope_text() - what a person reads: who refused, which rule or that none allowed it, the id.
 * @what: verb or "publish"; @rule and @reason as in the log; @field may be empty.
 */
void envelope_text(char out[ENVELOPE_TEXT], const char *what, const char *rule, const char *reason,
    struct bytes field, const char *id);
/* envelope_rate() - the same of what a rule allows, but not so often: with how long to wait. */
void envelope_rate(char out[ENVELOPE_TEXT], const char *what, const char *rule, uint64_t wait_ms, const char *id);
struct rights;
/*
 * envelope_put() - header block and payload of the answer to a request on @subject, read by @rights'
 * policy.
 * Exactly one of the two is filled. Return: false when there is nothing this asker could read.
 */
bool envelope_put(const struct rights *rights, struct bytes subject, const char *text, bool headers, struct buf *header, struct buf *payload);

#endif
