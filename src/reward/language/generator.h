// Text from a language model: many requests side by side, each token of all of them in one call.
//
// A request's prompt is read once for all of its choices, beside prompts of about its length. Rows end at different
// times; the next choice that waits takes a place at once, so the batch stays full while work remains.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "language/decoder.h"
#include "language/kv_cache.h"
#include "language/model_bundle.h"
#include "language/pick.h"
#include "policy/policy.h"

namespace hrm::language {

struct GenerationRequest {
  std::vector<int32_t> prompt;
  int64_t choices = 1, max_tokens = 1024;
  Sampling sampling;
  std::vector<std::string> stop;  // a choice ends before the first of these that appears
  uint64_t seed = 0;
  bool logprobs = false;
};

struct Generation {
  std::string text;             // special tokens left out; without the stop string
  std::vector<int32_t> ids;     // all that were drawn but the end token, those of a stop string among them
  std::vector<float> logprobs;  // of these, natural, by the model itself: at temperature 1, over all tokens
  policy::Finish finish = policy::Finish::kEnd;
  std::string stop;  // the stop string that ended it
};

struct GeneratorOptions {
  at::ScalarType compute = at::ScalarType::Float;
  int64_t rows = 64;              // side by side
  int64_t prefill_tokens = 2048;  // of prompts in one call, padding included
};

// Not thread-safe. Choice i of a request is drawn from a stream of (seed, i) alone. Beside other requests a sum may be
// taken in another order, so that about one token in a million differs from the request served alone.
class Generator {
 public:
  // bundle must outlive it; its parameters need not.  Throws bad_input if the model has no output layer.
  explicit Generator(const ModelBundle& bundle, const GeneratorOptions& options = {});
  ~Generator();
  Generator(const Generator&) = delete;
  Generator& operator=(const Generator&) = delete;

  // id: the caller's name for the request. Throws bad_input for settings out of range, a token that the model does not
  // have, an empty prompt, and a prompt that leaves no room for a token within max_position_embeddings.
  void add(uint64_t id, GenerationRequest request);
  bool idle() const { return live_ == 0 && waiting_.empty(); }
  int64_t tokens() const { return tokens_; }  // drawn so far

  struct Finished {
    uint64_t id;
    std::vector<Generation> choices;
  };
  // One more token for every row; returns the requests that are complete. Throws failure if the model's outputs are not
  // finite.
  std::vector<Finished> step();
  void clear();  // forgets all requests

 private:
  struct Work;  // a request under way
  struct Row;   // one choice under way
  struct Part {
    std::shared_ptr<Work> work;
    int64_t first, count;  // choices
    bool is_last() const;
  };
  struct Prompts;  // that were read
  void admit(std::vector<Finished>& finished);
  void read(std::span<const Part> parts, std::vector<Finished>& finished);
  void seat(const Prompts& prompts, std::span<const Part> parts, std::vector<Finished>& finished);
  void decode(std::vector<Finished>& finished);
  void draw(const at::Tensor& hidden, std::span<const std::unique_ptr<Row>> rows);
  bool take(Row& row, int32_t token, float logprob);
  void retire(std::unique_ptr<Row>& row, std::vector<Finished>& finished);
  void compact();

  const ModelBundle& bundle_;
  GeneratorOptions options_;
  Decoder decoder_;
  Picker picker_;
  KvCache cache_;
  std::deque<Part> waiting_;
  std::vector<std::unique_ptr<Row>> rows_;  // by row of the cache; null if it is free
  int64_t live_ = 0, tokens_ = 0;
};

}  // namespace hrm::language
