# cmake -DOUT=FILE -DFOLDER=DIR -P embed.cmake: writes the source of server/assets.h from the page's files in FOLDER/page
# and from FOLDER/openapi.json, as bytes.
function(bytes_of file result)
  file(READ ${file} hex HEX)
  string(REGEX REPLACE "(..)" "'\\\\x\\1'," bytes "${hex}")
  set(${result} "${bytes}" PARENT_SCOPE)
endfunction()

set(html "text/html; charset=utf-8")
set(css "text/css; charset=utf-8")
set(js "text/javascript; charset=utf-8")
set(svg "image/svg+xml")

file(GLOB files ${FOLDER}/page/*)
list(SORT files)
set(arrays "")
set(rows "")
set(number 0)
foreach(file IN LISTS files)
  get_filename_component(name ${file} NAME)
  string(REGEX REPLACE ".*\\." "" ending ${name})
  bytes_of(${file} bytes)
  file(SHA256 ${file} hash)
  string(SUBSTRING ${hash} 0 16 hash)
  set(path "/${name}")
  if(name STREQUAL "index.html")
    set(path "/")
  endif()
  string(APPEND arrays "constexpr char kFile${number}[] = {${bytes}0};\n")
  string(APPEND rows
    "    {\"${path}\", \"${${ending}}\", {kFile${number}, sizeof kFile${number} - 1}, \"\\\"${hash}\\\"\"},\n")
  math(EXPR number "${number} + 1")
endforeach()
bytes_of(${FOLDER}/openapi.json bytes)
file(WRITE ${OUT}.new "// Made by cmake/embed.cmake.
#include \"server/assets.h\"

namespace hrm::server {
namespace {

${arrays}constexpr char kOpenApi[] = {${bytes}0};

constexpr Asset kAssets[] = {
${rows}};

}  // namespace

std::span<const Asset> assets() { return kAssets; }
std::string_view openapi_text() { return {kOpenApi, sizeof kOpenApi - 1}; }

}  // namespace hrm::server
")
file(RENAME ${OUT}.new ${OUT})
