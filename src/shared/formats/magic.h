// Kinds of files that are told by their first bytes: the one table, for readers that meet what is not theirs.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace hrm {

struct Magic {
  size_t at;  // where the bytes stand
  std::string_view bytes;
  std::string_view what;          // "a 7z archive", "compressed with xz": what the file is
  std::string_view more = "";     // ", one NumPy array"
  std::string_view way_out = "";  // "unpack it"
  bool packed = false;            // around the data, in a form that no reader of the project undoes
};

std::span<const Magic> known_magic();

// The kind that a file with these first bytes is of; nullptr: none of the table.
const Magic* find_magic(std::string_view first_bytes);

}  // namespace hrm
