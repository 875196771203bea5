// fmt's compiled part, for a program without shared libraries where the distribution has no libfmt.a (Debian 12).
// Taking it from fmt's headers instead costs seconds per source file.
#include <fmt/format-inl.h>

// Declared extern by fmt/format.h, so they must be asked for.
template fmt::detail::thousands_sep_result<char> fmt::detail::thousands_sep_impl<char>(fmt::detail::locale_ref);
template char fmt::detail::decimal_point_impl<char>(fmt::detail::locale_ref);
