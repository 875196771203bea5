// A Jinja template as tokens, as Jinja 3.1 cuts it with the settings of transformers: trim_blocks and lstrip_blocks on,
// no line statements, one newline at the end of the template dropped, all newlines "\n".
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hrm::text::jinja {

struct Token {
  enum class Kind {
    kData,
    kOutputBegin,
    kOutputEnd,
    kBlockBegin,
    kBlockEnd,
    kName,
    kInteger,
    kFloat,
    kString,
    kOperator,
    kEnd,
  };
  Kind kind = Kind::kEnd;
  std::string text;  // of a string what it means
  size_t line = 1;
};

// Throws bad_input naming source and line. The last token is kEnd.
std::vector<Token> tokenize(std::string_view jinja, std::string_view source);

}  // namespace hrm::text::jinja
