// How a subcommand joins `hrm`: it adds its flags to the application and a callback that calls a room and prints.
// Errors are thrown and caught once, in main.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "formats/jsonl.h"

namespace hrm::cli {

// What the process ends with where nothing is thrown: a callback may set it (kInterruptedExitCode, or 1 where a check
// found faults).
struct Exit {
  int code = 0;
};

// One function per subcommand, each in its own file cmd_<name>.cc.
void register_data(CLI::App& app, Exit& exit);
void register_train(CLI::App& app, Exit& exit);
void register_eval(CLI::App& app, Exit& exit);
void register_solve(CLI::App& app, Exit& exit);
void register_serve(CLI::App& app, Exit& exit);
void register_convert(CLI::App& app, Exit& exit);
void register_inspect(CLI::App& app, Exit& exit);
void register_bench(CLI::App& app, Exit& exit);
void register_policy(CLI::App& app, Exit& exit);
void register_world(CLI::App& app, Exit& exit);
void register_select(CLI::App& app, Exit& exit);
void register_rows(CLI::App& app, Exit& exit);
void register_grade(CLI::App& app, Exit& exit);
void register_tree(CLI::App& app, Exit& exit);
void register_reward(CLI::App& app, Exit& exit);
void register_lm(CLI::App& app, Exit& exit);
void register_search(CLI::App& app, Exit& exit);

inline constexpr const char* kDeviceHelp =
    "cpu (the engine), aten (libtorch on the CPU), cuda or cuda:N (libtorch on a GPU)";
inline constexpr const char* kChatDateHelp =
    "date that chat templates write, such as 2024-07-26; without it a template that asks for the date is refused";
inline constexpr const char* kChatVariablesHelp = "variables of chat templates: '{\"enable_thinking\": false}'";
inline constexpr const char* kLanguageDeviceHelp = "cpu, cuda or cuda:N";  // the engine runs no language models

// Flags that mean the same everywhere.
void add_json_flag(CLI::App& command, bool& json);            // --json
void add_threads_option(CLI::App& command, size_t& threads);  // --threads N, 0: all
void add_seed_option(CLI::App& command, uint64_t& seed);      // --seed N
void add_device_option(CLI::App& command, std::string& device, const char* help = kDeviceHelp);
void add_precision_option(CLI::App& command, std::string& precision);  // --precision float32|bfloat16|int8
void add_dtype_option(CLI::App& command, std::string& dtype, const std::string& help);  // --dtype float32|bfloat16
void add_switch(CLI::App& command, const std::string& flag, bool& value, const std::string& help);  // FLAG on|off
// The same without a default: unset until given.
void add_switch(CLI::App& command, const std::string& flag, std::optional<bool>& value, const std::string& help);
void add_color_option(CLI::App& command, std::string& color);                         // --color auto|always|never
void add_halt_margin_option(CLI::App& command, double& margin);                       // --halt-margin X
void add_model_runs_option(CLI::App& command, CLI::Option* complete, int64_t& runs);  // --model-runs N, of --complete
void add_settings(CLI::App& command, std::vector<std::string>& settings);             // key=value...

// What --color means for standard output: auto is a terminal without NO_COLOR in its environment. Where it is true,
// colors pass to the terminal; foreign text printed beside them must then go through visible_text() (base/terminal.h).
bool wants_color(const std::string& choice);

// Every option whose value is "N", of all subcommands: digits only, not below 0, and no more than 10^9 (a seed: 2^64 -
// 1), so that a slip is refused and not worked on for days.
void limit_counts(CLI::App& app);

// The footer of --help: "Examples:" and one command per line, each with a comment of what it does.
void set_examples(CLI::App& command, std::initializer_list<std::pair<std::string_view, std::string_view>> examples);

inline constexpr std::string_view kNothingWritten = "nothing was written";
inline constexpr std::string_view kPrintedIsWhole = "the records printed are complete, the rest are missing";

// The first lines of a list on standard error, each as "skipped: LINE", and how many more of the `count` there are.
void warn_of(const std::vector<std::string>& lines, uint64_t count, std::string_view what = "skipped");
inline void warn_of(const BadLines& bad) { warn_of(bad.messages, bad.count); }

// Runs work that Ctrl-C may stop, and then says what is left of it; the exit code says so too.
void run_interruptible(Exit& exit, const std::function<void()>& work, std::string_view left = kNothingWritten);

// Ends an output of JSON lines. If Ctrl-C cut it short (InterruptScope), the complete lines are kept and the exit code
// says that others are missing.
void finish_lines(JsonlOutput& output, Exit& exit);

void print_json(const Json& value);  // one value and a newline on standard output

}  // namespace hrm::cli
