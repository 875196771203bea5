#include "policy/choice_json.h"

namespace hrm::policy {

std::string_view finish_name(Finish finish) {
  switch (finish) {
    case Finish::kEnd:
      return "end";
    case Finish::kStop:
      return "stop";
    case Finish::kLength:
      return "length";
    case Finish::kBroken:
      break;
  }
  return "broken off by the server";
}

Json choice_json(const Choice& choice) {
  Json json = {{"text", choice.text},
               {"finish", finish_name(choice.finish)},
               {"stop", choice.stop},
               {"tokens", choice.tokens},
               {"tokens_estimated", choice.tokens_estimated}};
  if (!choice.logprobs.empty()) json["logprobs"] = choice.logprobs;
  return json;
}

}  // namespace hrm::policy
