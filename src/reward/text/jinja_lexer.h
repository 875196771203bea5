// Splits a Jinja template into tokens, as Jinja 3.1 does with the settings of transformers: trim_blocks and
// lstrip_blocks on, no line statements, one newline at the end of the template dropped, all newlines "\n".
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
  std::string text;  // of a string: its value
  size_t line = 1;
};

// Throws bad_input with source and line. The last token is kEnd.
std::vector<Token> tokenize(std::string_view jinja, std::string_view source);

}  // namespace hrm::text::jinja
