#include "language/local_policy.h"

#include <condition_variable>
#include <future>
#include <map>
#include <mutex>
#include <thread>

#include "base/error.h"
#include "base/signals.h"
#include "language/fine_tuning.h"
#include "torch/machine.h"

namespace hrm::language {
namespace {

using policy::PolicyFault;
using policy::Reply;

PolicyFault lasting(std::string message) { return {.message = std::move(message), .temporary = false}; }

Reply to_reply(std::vector<Generation>&& choices, int64_t prompt_tokens) {
  policy::Response response{.choices = {}, .prompt_tokens = prompt_tokens};
  for (Generation& each : choices)
    response.choices.push_back({.text = std::move(each.text),
                                .finish = each.finish,
                                .stop = std::move(each.stop),
                                .tokens = std::ssize(each.ids),
                                .logprobs = std::move(each.logprobs)});
  return response;
}

}  // namespace

struct LocalPolicy::Worker {
  struct Asked {
    GenerationRequest request;
    std::promise<Reply> reply;
    int64_t prompt_tokens = 0;
  };

  ModelBundle bundle;
  std::string name;
  Generator generator;
  std::mutex mutex;
  std::condition_variable_any wake;
  std::vector<Asked> asked;             // guarded by mutex
  std::map<uint64_t, Asked> under_way;  // of the thread alone
  uint64_t next_id = 0;
  std::jthread thread;

  Worker(ModelBundle b, std::string n, const GeneratorOptions& options)
      : bundle(std::move(b)), name(std::move(n)), generator(bundle, options) {
    bundle.model.parameters.clear();  // the generator has what it needs of them
    thread = std::jthread([this](const std::stop_token& stop) { run(stop); });
  }

  void run(const std::stop_token& stop) {
    while (true) {
      std::vector<Asked> fresh;
      {
        std::unique_lock lock(mutex);
        if (generator.idle()) wake.wait(lock, stop, [&] { return !asked.empty(); });
        fresh.swap(asked);
      }
      if (stop.stop_requested()) return refuse(fresh, "the policy was closed");
      if (interrupted()) {
        generator.clear();
        refuse(fresh, "interrupted");
        continue;
      }
      for (Asked& each : fresh) begin(std::move(each));
      try {
        for (Generator::Finished& done : generator.step()) {
          auto found = under_way.extract(done.id);
          found.mapped().reply.set_value(to_reply(std::move(done.choices), found.mapped().prompt_tokens));
        }
      } catch (const std::exception& e) {
        return fail(stop, e.what());
      }
    }
  }

  void begin(Asked&& each) {
    each.prompt_tokens = std::ssize(each.request.prompt);
    try {
      generator.add(next_id, std::move(each.request));
    } catch (const Error& e) {
      return each.reply.set_value(lasting(e.what()));
    }
    under_way.emplace(next_id++, std::move(each));
  }

  void refuse(std::vector<Asked>& all, const std::string& why) {
    for (Asked& each : all) each.reply.set_value(lasting(why));
    for (auto& [id, each] : under_way) each.reply.set_value(lasting(why));
    under_way.clear();
  }

  // The model cannot continue: neither with these requests nor with later ones.
  void fail(const std::stop_token& stop, const std::string& why) {
    while (true) {
      std::unique_lock lock(mutex);
      refuse(asked, why);
      asked.clear();
      if (stop.stop_requested()) return;
      wake.wait(lock, stop, [&] { return !asked.empty(); });
    }
  }
};

LocalPolicy::LocalPolicy(ModelBundle bundle, std::string name, const GeneratorOptions& options)
    : worker_(std::make_unique<Worker>(std::move(bundle), std::move(name), options)) {}

LocalPolicy::~LocalPolicy() = default;

std::string LocalPolicy::name() const { return worker_->name; }

Reply LocalPolicy::complete(const policy::Request& request) {
  const ModelBundle& bundle = worker_->bundle;
  Worker::Asked asked{.request = {.prompt = {},
                                  .choices = request.n,
                                  .max_tokens = request.max_tokens,
                                  .sampling = {.temperature = request.temperature, .top_p = request.top_p},
                                  .stop = request.stop,
                                  .seed = request.seed,
                                  .logprobs = request.logprobs},
                      .reply = {}};
  try {
    std::vector<text::ChatMessage> messages;
    for (const policy::Message& message : request.messages) messages.push_back({message.role, message.content});
    asked.request.prompt =
        messages.empty()
            ? bundle.tokenizer.encode(request.prompt)
            : bundle.tokenizer.encode(bundle.render_chat(text::conversation(messages, true)), text::Part::kText);
  } catch (const Error& e) {
    return lasting(e.what());
  }
  std::future<Reply> reply = asked.reply.get_future();
  {
    const std::lock_guard lock(worker_->mutex);
    worker_->asked.push_back(std::move(asked));
  }
  worker_->wake.notify_one();
  return reply.get();
}

std::shared_ptr<LocalPolicy> open_local_policy(const std::filesystem::path& path, const LocalPolicyOptions& options) {
  ModelBundle bundle = load_bundle(model_of_run(path), options.load);
  bundle.chat = options.chat;
  torch::use_machine(options.threads, parameter_count(bundle.model.parameters));
  std::string name = "local:" + path.lexically_normal().string();
  // What changes prompts is part of the name, or a cache would answer for another one.
  if (!options.chat.date.empty()) name += ",chat_date=" + options.chat.date;
  if (!options.chat.variables.empty()) name += ",chat_variables=" + printable(options.chat.variables);
  return std::make_shared<LocalPolicy>(std::move(bundle), std::move(name),
                                       GeneratorOptions{.compute = options.load.type, .rows = options.rows});
}

}  // namespace hrm::language
