#include "formats/picture.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <vector>

#include "base/error.h"
#include "base/files.h"

extern char** environ;

namespace hrm {
namespace {

namespace fs = std::filesystem;

constexpr const char* kConverter = "rsvg-convert";

// ".svg" of plot.SVG.
std::string ending(const fs::path& path) {
  std::string text = path.extension().string();
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

bool is_png(const fs::path& path) { return ending(path) == ".png"; }

bool converter_is_installed() {
  const char* path = std::getenv("PATH");
  std::string_view folders = path ? path : "";
  while (!folders.empty()) {
    const size_t end = std::min(folders.find(':'), folders.size());
    if (access((fs::path(folders.substr(0, end)) / kConverter).c_str(), X_OK) == 0) return true;
    folders.remove_prefix(std::min(end + 1, folders.size()));
  }
  return false;
}

// Exit code, or -1 if it could not be started; standard error goes to a file.
int run(const std::vector<std::string>& command, const fs::path& errors) {
  std::vector<char*> words;
  for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  pid_t child = 0;
  const int fault = posix_spawnp(&child, words[0], &actions, nullptr, words.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (fault != 0) return -1;
  int status = 0;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::string first_line(const fs::path& file) {
  const std::string text = fs::exists(file) ? read_file(file) : "";
  return text.substr(0, text.find('\n'));
}

std::string as_png(const fs::path& path, std::string_view svg) {
  const TemporaryFolder folder;
  const fs::path from = folder.path() / "picture.svg", to = folder.path() / "picture.png",
                 errors = folder.path() / "errors";
  write_file_atomic(from, svg);
  const int code =
      run({kConverter, "--zoom", "2", "--background-color", "white", "--output", to.string(), from.string()}, errors);
  if (code != 0 || !fs::exists(to))
    throw failure("formats.picture", "{}: {} failed ({}); name the file .svg to do without it", path.string(),
                  kConverter, code < 0 ? "it did not run to its end" : first_line(errors));
  return read_file(to);
}

struct Size {
  int width = 0, height = 0;
};

// Of the outermost element, whose attributes stand before every other.
Size pixels_of(std::string_view svg) {
  const auto number = [&](std::string_view attribute) {
    const size_t at = svg.find(attribute) + attribute.size();
    int value = 0;
    std::from_chars(svg.data() + at, svg.data() + svg.size(), value);
    return value;
  };
  return {number(" width=\""), number(" height=\"")};
}

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
}

}  // namespace

void check_picture_path(const fs::path& path, std::string_view option) {
  if (ending(path) != ".svg" && !is_png(path))
    throw bad_input("formats.picture", "{} {}: expected a name that ends in .svg or .png", option, path.string());
  if (is_png(path) && !converter_is_installed())
    throw bad_input("formats.picture",
                    "{} {}: PNG needs {}, which is not installed (Debian: apt install librsvg2-bin); or name the file "
                    ".svg",
                    option, path.string(), kConverter);
}

void save_picture(const fs::path& path, std::string_view svg) {
  check_picture_path(path, "picture");
  if (is_png(path))
    write_file_atomic(path, as_png(path, svg));
  else
    write_file_atomic(path, svg);
}

std::string arrange_pictures(std::span<const std::string> pictures, size_t columns) {
  if (pictures.size() == 1) return pictures.front();
  columns = std::min(columns, pictures.size());
  std::vector<int> widths(columns, 0), heights((pictures.size() + columns - 1) / columns, 0);
  for (size_t i = 0; i < pictures.size(); ++i) {
    const Size size = pixels_of(pictures[i]);
    widths[i % columns] = std::max(widths[i % columns], size.width);
    heights[i / columns] = std::max(heights[i / columns], size.height);
  }
  std::string parts;
  int y = 0;
  for (size_t row = 0; row < heights.size(); ++row) {
    int x = 0;
    for (size_t i = row * columns; i < std::min(pictures.size(), (row + 1) * columns); ++i) {
      std::string part = pictures[i];
      const std::string own = fmt::format("plot{}", i);  // clip paths are named once per file
      replace_all(part, "id=\"plot\"", fmt::format("id=\"{}\"", own));
      replace_all(part, "url(#plot)", fmt::format("url(#{})", own));
      parts += fmt::format("<svg x=\"{}\" y=\"{}\"", x, y) + part.substr(std::string_view("<svg").size());
      x += widths[i % columns];
    }
    y += heights[row];
  }
  int width = 0;
  for (const int each : widths) width += each;
  return fmt::format(
             "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" "
             "role=\"img\">\n<rect width=\"{0}\" height=\"{1}\" fill=\"#ffffff\"/>\n",
             width, y) +
         parts + "</svg>\n";
}

}  // namespace hrm
