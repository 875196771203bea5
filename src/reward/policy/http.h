// A language model behind an OpenAI-compatible HTTP endpoint.
//
// Seeds on the wire are hashed from the request's seed and the number of the first choice wanted: servers number the
// choices of one request by adding to its seed, so neighboring seeds would share samples. The same request gives the
// same choices where the server promises that for a seed. A server that returns fewer choices than requested is asked
// for the rest, one that refuses n > 1 (400, 422, 500 or 501, while one choice succeeds) for one at a time, and from
// then on for as many or more at once; what is too many is dropped. A refusal of the request itself changes nothing for
// others, so the order of requests changes no samples. Faults: 408, 409, 425, 429 and 5xx, what breaks on the way, and
// replies that cannot be read are temporary; every other status but 200 is permanent, and so are an error inside a 200
// without such a code and a certificate that does not hold. Messages name the address, the status and the server's own
// words.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "policy/meter.h"
#include "policy/openai.h"
#include "policy/transport.h"

namespace hrm::policy {

struct HttpOptions {
  TransportOptions transport;  // url without a path means /v1
  Dialect dialect;
  std::string api_key;  // sent as a bearer token; never part of name() or messages, nor of texts if it is a secret
};

class HttpPolicy : public Policy {
 public:
  // meter: may be null. Throws bad_input, as Transport does.
  explicit HttpPolicy(HttpOptions options, std::shared_ptr<Meter> meter = nullptr);
  Reply complete(const Request& request) override;
  std::string name() const override;  // kind and model, the same for every server of it

 private:
  struct Answer {
    Reply reply;
    int status = 0;
  };
  Answer ask(const Request& request, int64_t n, uint64_t seed);
  Answer attempt(const Request& request, int64_t n, int64_t first);
  Answer ask_choices(const Request& request, int64_t n, int64_t first);
  PolicyFault status_fault(const HttpReply& reply) const;
  void redact(Response& response) const;
  PolicyFault fault(std::string message, bool temporary = true, double retry_after = 0) const;

  HttpOptions options_;
  std::shared_ptr<Meter> meter_;
  std::string path_, place_;  // place_: the address in messages
  Transport transport_;
  std::atomic<int64_t> least_refused_ = INT64_MAX;  // so many choices at once, or more, are refused
  mutable std::atomic<bool> told_ = false;
};

// The seed that a server gets for choices from number `first` on: below 2^31, which every server takes.
uint64_t wire_seed(uint64_t seed, int64_t first);

}  // namespace hrm::policy
