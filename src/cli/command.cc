#include "cli/command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "base/signals.h"
#include "base/terminal.h"
#include "cli/choices.h"

namespace hrm::cli {
namespace {

constexpr uint64_t kMostCount = 1'000'000'000;

// Why the text is not a count; empty if it is one. A sign is for the option's own check.
std::string count_fault(std::string_view text, uint64_t most) {
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  uint64_t n = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), n);
  const bool whole = !digits.empty() && end == digits.data() + digits.size();
  if (!whole) return fmt::format("'{}' is not a whole number", text);
  if (digits.size() < text.size() && n > 0) return fmt::format("{} is below 0", text);
  if (error != std::errc() || n > most) return fmt::format("{} is above the maximum of {}", text, most);
  return "";
}

}  // namespace

void add_json_flag(CLI::App& command, bool& json) {
  command.add_flag("--json", json, "print one JSON value instead of text");
}

void add_threads_option(CLI::App& command, size_t& threads) {
  command.add_option("--threads", threads, "number of threads; 0: all processors")
      ->check(CLI::Range(0, 1024))
      ->type_name("N")
      ->capture_default_str();
}

void add_seed_option(CLI::App& command, uint64_t& seed) {
  command.add_option("--seed", seed, "seed of all random numbers")
      ->check(CLI::NonNegativeNumber)
      ->type_name("N")
      ->capture_default_str();
}

void add_device_option(CLI::App& command, std::string& device, const char* help) {
  command.add_option("--device", device, help)->type_name("NAME")->capture_default_str();
}

void add_precision_option(CLI::App& command, std::string& precision) {
  command
      .add_option("--precision", precision,
                  "float32, bfloat16, or int8 (faster; needs cpu with AVX512_VNNI); default: that of training")
      ->type_name("NAME");
}

void add_switch(CLI::App& command, const std::string& flag, bool& value, const std::string& help) {
  command.add_option(flag, value, help)->type_name("on|off")->default_str(value ? "on" : "off");
}

void add_switch(CLI::App& command, const std::string& flag, std::optional<bool>& value, const std::string& help) {
  command
      .add_option_function<bool>(
          flag, [&value](const bool& given) { value = given; }, help)
      ->type_name("on|off");
}

void add_color_option(CLI::App& command, std::string& color) {
  add_choice(command, "--color", {color, {"auto", "always", "never"}}, "when output is colored");
}

bool wants_color(const std::string& choice) {
  const char* refused = std::getenv("NO_COLOR");
  const bool color = choice == "auto" ? isatty(STDOUT_FILENO) && (!refused || !*refused) : choice == "always";
  if (color) pass_output_styles();
  return color;
}

void limit_counts(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) {
    const std::string type = option->get_type_name();
    if (type != "N" && !type.starts_with("N:") && !type.starts_with("N,")) continue;
    const bool seed = option->get_name().ends_with("seed");
    option->check([most = seed ? UINT64_MAX : kMostCount](const std::string& text) { return count_fault(text, most); });
  }
  for (CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) limit_counts(*command);
}

void add_dtype_option(CLI::App& command, std::string& dtype, const std::string& help) {
  add_choice(command, "--dtype", {dtype, {"float32", "bfloat16"}}, help);
}

void add_settings(CLI::App& command, std::vector<std::string>& settings) {
  command.add_option("settings", settings, "settings to override, for instance arch.H_cycles=2")
      ->type_name("key=value");
}

void set_examples(CLI::App& command, std::initializer_list<std::pair<std::string_view, std::string_view>> examples) {
  std::string footer = "Examples:";
  for (const auto& [line, comment] : examples) footer += fmt::format("\n  {}\n      {}", line, comment);
  command.footer(footer + "\n");
}

void add_halt_margin_option(CLI::App& command, double& margin) {
  command.add_option("--halt-margin", margin, "run longer (above 0) or shorter (below 0)")
      ->check([](const std::string& text) {
        double value = NAN;
        std::from_chars(text.data(), text.data() + text.size(), value);
        return std::isnan(value) ? fmt::format("'{}' is not a number", text) : "";
      })
      ->type_name("X")
      ->capture_default_str();
}

void add_model_runs_option(CLI::App& command, CLI::Option* complete, int64_t& runs) {
  command
      .add_option("--model-runs", runs,
                  "maximum runs of the model on reduced puzzles, per puzzle; 0: only the first run")
      ->needs(complete)
      ->type_name("N")
      ->capture_default_str();
}

void warn_of(const std::vector<std::string>& lines, uint64_t count, std::string_view what) {
  constexpr size_t kMostLines = 20;
  const size_t listed = std::min(kMostLines, lines.size());
  for (size_t i = 0; i < listed; ++i) log_warning("{}: {}", what, lines[i]);
  if (count > listed) log_warning("{}: {} more", what, count - listed);
}

void run_interruptible(Exit& exit, const std::function<void()>& work, std::string_view left) {
  const InterruptScope scope;
  try {
    work();
  } catch (const Error&) {
    if (!interrupted()) throw;
    log_warning("interrupted; {}", left);
    exit.code = kInterruptedExitCode;
  }
}

void finish_lines(JsonlOutput& output, Exit& exit) {
  output.finish();
  if (!interrupted()) return;
  log_warning("interrupted: the records written are complete, the rest are missing");
  exit.code = kInterruptedExitCode;
}

void print_json(const Json& value) {
  // Paths and quoted input may hold bytes that are not UTF-8.
  fmt::print("{}\n", value.dump(1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace hrm::cli
