#include "language/generator.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>

#include "base/error.h"
#include "base/rng.h"
#include "policy/stop.h"
#include "torch/host.h"

namespace hrm::language {
namespace {

constexpr std::string_view kInGenerator = "language.generate";

}  // namespace

struct Generator::Prompts {
  KvCache cache;
  at::Tensor ends;  // [rows of the cache,D] hidden state of each one's last token
};

struct Generator::Work {
  uint64_t id;
  GenerationRequest request;
  size_t longest_stop = 0;
  int64_t limit = 0;  // tokens per choice: what is asked for and what there is room for
  std::vector<Generation> done;
  int64_t open;
  std::optional<Prompts> prompt = {};  // while some choices have begun and others wait for a place
};

bool Generator::Part::is_last() const { return first + count == work->request.choices; }

struct Generator::Row {
  std::shared_ptr<Work> work;
  int64_t choice;
  Rng rng;
  text::StreamDecoder decoder;
  Generation out;
  int32_t last = 0;
  bool ended = false;
};

Generator::Generator(const ModelBundle& bundle, const GeneratorOptions& options)
    : bundle_(bundle),
      options_(options),
      decoder_(bundle.model.config, bundle.model.parameters, {.compute = options.compute, .frozen = true}),
      cache_(0) {
  if (!decoder_.has_output_layer() || bundle.model.head != HeadKind::kLanguage)
    throw bad_input(kInGenerator, "{}: is not a language model: it has no output layer to draw tokens from",
                    bundle.model.source.string());
}

Generator::~Generator() = default;

void Generator::add(uint64_t id, GenerationRequest request) {
  const int64_t context = bundle_.model.config.max_position_embeddings, length = std::ssize(request.prompt);
  request.sampling.validate();
  if (request.choices < 1) throw bad_input(kInGenerator, "n = {}: expected at least 1", request.choices);
  if (request.max_tokens < 1) throw bad_input(kInGenerator, "max_tokens = {}: expected 1 or more", request.max_tokens);
  if (length == 0) throw bad_input(kInGenerator, "the prompt is empty: the model needs at least one token");
  if (length >= context)
    throw bad_input(kInGenerator, "a prompt of {} tokens leaves no room in the model's {} ({}): shorten it", length,
                    context, bundle_.model.config.length_key());
  for (const int32_t token : request.prompt)
    if (token < 0 || token >= bundle_.model.config.vocab_size)
      throw bad_input(kInGenerator, "the prompt has token {}, but the model has {} tokens", token,
                      bundle_.model.config.vocab_size);
  const auto work = std::make_shared<Work>(Work{.id = id, .request = std::move(request), .done = {}, .open = 0});
  for (const std::string& stop : work->request.stop) work->longest_stop = std::max(work->longest_stop, stop.size());
  work->limit = std::min(work->request.max_tokens, context - length);
  work->open = work->request.choices;
  work->done.resize(static_cast<size_t>(work->open));
  waiting_.push_back({work, 0, work->open});
}

std::vector<Generator::Finished> Generator::step() {
  const at::NoGradGuard no_grad;
  std::vector<Finished> finished;
  if (live_ > 0) decode(finished);
  admit(finished);
  compact();
  return finished;
}

// Gives the free places to what waits, in order. Prompts of about the same length are read in one call.
void Generator::admit(std::vector<Finished>& finished) {
  const auto length = [](const Part& part) { return std::ssize(part.work->request.prompt); };
  while (!waiting_.empty()) {
    std::vector<Part> parts;
    for (int64_t room = options_.rows - live_; room > 0 && !waiting_.empty();) {
      Part& next = waiting_.front();
      parts.push_back({next.work, next.first, std::min(room, next.count)});
      room -= parts.back().count;
      next.first += parts.back().count;
      next.count -= parts.back().count;
      if (next.count == 0) waiting_.pop_front();
    }
    if (parts.empty()) return;
    if (const Part begun = parts.front(); begun.work->prompt) {  // no other can be
      seat(*begun.work->prompt, {&begun, 1}, finished);
      if (begun.is_last()) begun.work->prompt.reset();
      parts.erase(parts.begin());
    }
    std::ranges::stable_sort(parts, std::ranges::greater(), length);
    for (std::span<const Part> rest(parts); !rest.empty();) {
      const auto fit = static_cast<size_t>(std::max<int64_t>(options_.prefill_tokens / length(rest[0]), 1));
      const size_t count = std::min(fit, rest.size());
      read(rest.first(count), finished);
      rest = rest.subspan(count);
    }
  }
}

void Generator::read(std::span<const Part> parts, std::vector<Finished>& finished) {
  std::vector<int64_t> counts;
  for (const Part& part : parts) counts.push_back(std::ssize(part.work->request.prompt));
  const int64_t longest = *std::ranges::max_element(counts);
  at::Tensor ids = at::zeros({std::ssize(parts), longest}, at::kLong), last = at::zeros({std::ssize(parts)}, at::kLong);
  for (size_t p = 0; p < parts.size(); ++p) {
    const int64_t begin = static_cast<int64_t>(p) * longest;
    std::ranges::copy(parts[p].work->request.prompt, ids.data_ptr<int64_t>() + begin);
    last.data_ptr<int64_t>()[p] = begin + counts[p] - 1;
  }
  Prompts prompts{.cache = KvCache(std::ssize(parts)), .ends = {}};
  const at::Tensor hidden = decoder_.hidden(ids.to(decoder_.device()), counts, prompts.cache);
  prompts.ends = hidden.flatten(0, 1).index_select(0, last.to(decoder_.device()));
  for (int64_t p = 0; p < std::ssize(parts); ++p) {
    const Part& part = parts[static_cast<size_t>(p)];
    if (part.is_last()) continue;
    part.work->prompt = Prompts{.cache = prompts.cache, .ends = prompts.ends.narrow(0, p, 1)};
    part.work->prompt->cache.keep({&p, 1});
  }
  seat(prompts, parts, finished);
}

// Draws the first token of the choices of each part, whose prompt is the row of `prompts` with its number.
void Generator::seat(const Prompts& prompts, std::span<const Part> parts, std::vector<Finished>& finished) {
  std::vector<int64_t> source;  // the prompt of each row
  std::vector<std::unique_ptr<Row>> fresh;
  for (int64_t p = 0; p < std::ssize(parts); ++p) {
    const auto& [work, first, count] = parts[static_cast<size_t>(p)];
    source.insert(source.end(), static_cast<size_t>(count), p);
    for (int64_t i = first; i < first + count; ++i)
      fresh.push_back(std::make_unique<Row>(Row{.work = work,
                                                .choice = i,
                                                .rng = Rng(work->request.seed, {static_cast<uint64_t>(i)}),
                                                .decoder = text::StreamDecoder(bundle_.tokenizer),
                                                .out = {}}));
  }
  draw(prompts.ends.index_select(0, at::tensor(source, at::kLong).to(decoder_.device())), fresh);

  std::vector<int64_t> kept, slots;
  for (size_t i = 0, slot = 0; i < fresh.size(); ++i) {
    if (fresh[i]->ended) {
      retire(fresh[i], finished);
      continue;
    }
    while (slot < rows_.size() && rows_[slot]) ++slot;
    if (slot == rows_.size()) rows_.emplace_back();
    rows_[slot] = std::move(fresh[i]);
    kept.push_back(source[i]);
    slots.push_back(static_cast<int64_t>(slot));
  }
  live_ += std::ssize(kept);
  if (kept.empty()) return;
  KvCache begun = prompts.cache;
  begun.keep(kept);
  cache_.adopt(begun, slots);
}

void Generator::clear() {
  waiting_.clear();
  rows_.clear();
  live_ = 0;
  cache_ = KvCache(0);
}

// One call for all rows; free ones ride along and count nothing.
void Generator::decode(std::vector<Finished>& finished) {
  at::Tensor ids = at::zeros({std::ssize(rows_), 1}, at::kLong);
  std::vector<int64_t> counts(rows_.size(), 0);
  for (size_t i = 0; i < rows_.size(); ++i) {
    if (!rows_[i]) continue;
    ids.data_ptr<int64_t>()[i] = rows_[i]->last;
    counts[i] = 1;
  }
  draw(decoder_.hidden(ids.to(decoder_.device()), counts, cache_).select(1, 0), rows_);
  for (size_t i = 0; i < rows_.size(); ++i) {
    if (!rows_[i] || !rows_[i]->ended) continue;
    retire(rows_[i], finished);
    --live_;
    cache_.truncate(static_cast<int64_t>(i), 0);
  }
}

// Next tokens. hidden: [B,D], one row for each of `rows`.
void Generator::draw(const at::Tensor& hidden, std::span<const std::unique_ptr<Row>> rows) {
  const at::Tensor logits = decoder_.logits(hidden);
  std::vector<float> temperatures(rows.size(), 1);
  bool samples = false, greedy = false, tempered = false, wants_logprobs = false;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i]) continue;
    const GenerationRequest& request = rows[i]->work->request;
    wants_logprobs |= request.logprobs;
    (request.sampling.temperature == 0 ? greedy : samples) = true;
    if (request.sampling.temperature == 0) continue;
    temperatures[i] = static_cast<float>(request.sampling.temperature);
    tempered |= request.sampling.temperature != 1;
  }
  const at::Tensor best_logit = at::amax(logits, -1, /*keepdim=*/true);
  const std::vector<float> highest = torch::to_vector<float>(best_logit.squeeze(1));
  std::vector<int64_t> likeliest;
  if (greedy) likeliest = torch::to_vector<int64_t>(at::argmax(logits, -1));
  at::Tensor probabilities;  // of each row, times some number
  if (samples) {
    probabilities = logits - best_logit;
    if (tempered)
      probabilities.div_(torch::to_aten(std::span<const float>(temperatures), {std::ssize(rows), 1}, logits.device()));
    probabilities = probabilities.exp_().cpu();
  }
  std::vector<int64_t> drawn(rows.size(), 0);
  for (size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i]) continue;
    if (!std::isfinite(highest[i]))
      throw failure(kInGenerator,
                    "the model's outputs are not finite: its weights are damaged, or too large for its type");
    const Sampling& sampling = rows[i]->work->request.sampling;
    const auto size = static_cast<size_t>(logits.size(1));
    drawn[i] = sampling.temperature == 0
                   ? likeliest[i]
                   : picker_.pick({probabilities.data_ptr<float>() + i * size, size}, sampling, rows[i]->rng.uniform());
  }
  std::vector<float> logprobs(rows.size(), 0);
  if (wants_logprobs) {
    const at::Tensor at = torch::to_aten(std::span<const int64_t>(drawn), {std::ssize(rows), 1}, logits.device());
    logprobs = torch::to_vector<float>(logits.gather(1, at).squeeze(1) - at::logsumexp(logits, -1));
  }
  for (size_t i = 0; i < rows.size(); ++i)
    if (rows[i]) rows[i]->ended = take(*rows[i], static_cast<int32_t>(drawn[i]), logprobs[i]);
}

// Whether the row is complete with this token.
bool Generator::take(Row& row, int32_t token, float logprob) {
  const GenerationRequest& request = row.work->request;
  ++tokens_;
  row.last = token;
  if (bundle_.ends(token)) {
    row.out.text += row.decoder.finish();
    row.out.finish = policy::Finish::kEnd;
    return true;
  }
  row.out.ids.push_back(token);
  if (request.logprobs) row.out.logprobs.push_back(logprob);
  // A stop string that ends in the new part begins at most its length before that.
  const size_t before = row.out.text.size();
  row.out.text += row.decoder.push(token);
  const size_t from = before - std::min(before, row.work->longest_stop);
  policy::Choice tail{.text = row.out.text.substr(from)};
  if (policy::cut_at_stop(tail, request.stop)) {
    row.out.text.resize(from + tail.text.size());
    row.out.finish = policy::Finish::kStop;
    row.out.stop = tail.stop;
    return true;
  }
  if (std::ssize(row.out.ids) < row.work->limit) return false;
  row.out.text += row.decoder.finish();
  row.out.finish = policy::Finish::kLength;
  return true;
}

void Generator::retire(std::unique_ptr<Row>& row, std::vector<Finished>& finished) {
  Work& work = *row->work;
  work.done[static_cast<size_t>(row->choice)] = std::move(row->out);
  if (--work.open == 0) finished.push_back({work.id, std::move(work.done)});
  row.reset();
}

// Where nothing waits for the free rows and they are a quarter, they go.
void Generator::compact() {
  if (4 * live_ > 3 * std::ssize(rows_) || !waiting_.empty() || rows_.empty()) return;
  std::vector<int64_t> kept;
  for (size_t i = 0; i < rows_.size(); ++i)
    if (rows_[i]) kept.push_back(static_cast<int64_t>(i));
  std::erase(rows_, nullptr);
  if (kept.empty())
    cache_ = KvCache(0);
  else
    cache_.keep(kept);
}

}  // namespace hrm::language
