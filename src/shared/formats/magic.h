// Kinds of files by their first bytes: one table for all readers that meet a file of another kind.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace hrm {

struct Magic {
  size_t at;  // offset of the bytes
  std::string_view bytes;
  std::string_view what;          // "a 7z archive", "compressed with xz": what the file is
  std::string_view more = "";     // ", one NumPy array"
  std::string_view way_out = "";  // "unpack it"
  bool packed = false;            // compressed or archived in a form that this program cannot unpack
};

std::span<const Magic> known_magic();

// The kind of a file with these first bytes; nullptr: not in the table.
const Magic* find_magic(std::string_view first_bytes);

}  // namespace hrm
