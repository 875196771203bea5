// Determines what a simple chat template writes from its Jinja text, without running it.
//
// Known: for, if, elif, else, set; output of string literals, of a message's role or content and of other names, joined
// by
// + or ~; the filter trim (and .strip()). trim_blocks and lstrip_blocks are on, as transformers sets them. Anything
// else, such as another filter, a slice or a call, could change the text, so it is a fault and not passed over.
#pragma once

#include <string>
#include <string_view>

namespace hrm::text {

inline constexpr char kRoleMark = '\x01', kContentMark = '\x02';

// All that the program may write, in the order of its text, whatever its conditions: literals as they are, kRoleMark
// and kContentMark where a message's role and content stand. Names that `set` has defined, and bos_token where
// with_bos, stand for nothing of their own. Throws bad_input naming source and what is not known.
std::string written_by(std::string_view jinja, bool with_bos, std::string_view source);

}  // namespace hrm::text
