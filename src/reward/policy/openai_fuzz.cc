#include "formats/bytes.h"
#include "formats/testing/fuzz.h"
#include "policy/openai.h"

// The first byte chooses the dialect and what was asked for, the rest is the server's reply.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace hrm::policy;
  if (size == 0) return 0;
  const unsigned choice = data[0];
  return hrm::fuzz_reader(data + 1, size - 1, [choice](std::span<const std::byte> bytes) {
    const std::string_view body = hrm::as_text(bytes);
    hrm::fuzz_require(error_text(body).find('\n') == std::string::npos);
    hrm::fuzz_require(parse_retry_after(body, 1000) >= 0);
    const Dialect dialect{.kind = static_cast<EndpointKind>(choice % 3),
                          .continuation = static_cast<Continuation>(choice / 3 % 3)};
    Request request{
        .messages = {{"user", "q"}, {"assistant", "a"}}, .n = 1 + choice / 9 % 3, .logprobs = choice >= 128};
    if (choice & 64) request.stop = {"# END!", "# Step 2"};
    const Response response = parse_reply(dialect, request, request.n, {body, "fuzz"});
    hrm::fuzz_require(!response.choices.empty() && response.choices.size() <= static_cast<size_t>(request.n));
    for (const Choice& given : response.choices) {
      hrm::fuzz_require(given.tokens >= 0);
      for (const std::string& stop : request.stop) hrm::fuzz_require(given.text.find(stop) == std::string::npos);
    }
  });
}
