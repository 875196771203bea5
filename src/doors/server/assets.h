// The files of the page, embedded when the program is built (cmake/embed.cmake makes the source).
#pragma once

#include <span>
#include <string_view>

namespace hrm::server {

struct Asset {
  std::string_view path;  // "/app.js"; the page itself is "/"
  std::string_view type;  // "text/javascript; charset=utf-8"
  std::string_view bytes;
  std::string_view tag;  // changes with the bytes
};

std::span<const Asset> assets();
std::string_view openapi_text();  // server/openapi.json

}  // namespace hrm::server
