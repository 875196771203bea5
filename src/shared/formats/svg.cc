#include "formats/svg.h"

#include <fmt/format.h>

#include "base/utf8.h"

namespace hrm {

std::string escape_xml(std::string_view text) {
  std::string result;
  for (const char c : to_valid_utf8(text)) {
    if (c == '<')
      result += "&lt;";
    else if (c == '>')
      result += "&gt;";
    else if (c == '&')
      result += "&amp;";
    else if (c == '"')
      result += "&quot;";
    else if (static_cast<unsigned char>(c) >= 0x20)
      result += c;
  }
  return result;
}

std::string svg_head(SvgSize size, std::string_view title, double left) {
  return fmt::format(
             "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" "
             "font-family=\"system-ui, 'Segoe UI', Helvetica, Arial, sans-serif\" font-size=\"12\" role=\"img\">\n"
             "<title>{2}</title>\n<rect width=\"{0}\" height=\"{1}\" fill=\"#ffffff\"/>\n",
             size.width, size.height, escape_xml(title)) +
         svg_text({left, 24, "start"}, title, "font-size=\"15\" font-weight=\"600\" fill=\"#222222\"");
}

std::string svg_text(const SvgPlace& at, std::string_view content, std::string_view attributes) {
  if (content.empty()) return "";
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\" {}>{}</text>\n", at.x, at.y, at.anchor,
                     attributes, escape_xml(content));
}

}  // namespace hrm
