// Links only where fmt_archive.cc fits the installed version of fmt.
#include <fmt/format.h>

int main(int argc, char**) { fmt::print("{} {:.3g} {:L} {:?>10}\n", argc / 3.0, argc / 3.0f, argc * 1000, "x"); }
