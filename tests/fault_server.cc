// The misbehaving server of policy/testing/fault_server.h as a program, for whole-program tests.
//
//   fault_server [--table FILE.json] [--fault NAME=CHANCE,...] [--schedule NAME,...] [--seed N] [--port N] [--delay SECONDS]
//                [--retry-after TEXT] [--stall SECONDS]
//
// Prints its address and serves until its standard input ends or a signal ends it.
#include "policy/testing/fault_server.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>

namespace {

using namespace hrm;
using namespace hrm::policy;

int run(int argc, char** argv) {
  CLI::App app("serves scripted completions and misbehaves as told");
  FaultServer::Options options;
  std::string table;
  std::vector<std::string> faults, schedule;
  app.add_option("--table", table);
  app.add_option("--fault", faults)->delimiter(',');
  app.add_option("--schedule", schedule)->delimiter(',');
  app.add_option("--seed", options.seed);
  app.add_option("--port", options.port);
  app.add_option("--delay", options.delay_seconds);
  app.add_option("--retry-after", options.retry_after);
  app.add_option("--stall", options.stall_seconds);
  CLI11_PARSE(app, argc, argv);
  options.script = table_script(table.empty() ? ReplyTable{{"", {"one", "two", "three"}}} : read_reply_table(table));
  for (const std::string& fault : faults) {
    const size_t equals = fault.find('=');
    if (equals == std::string::npos) throw bad_input("fault_server", "--fault {}: expected NAME=CHANCE", fault);
    options.chances[parse_enum<Misdeed>(fault.substr(0, equals), "--fault")] = std::stod(fault.substr(equals + 1));
  }
  for (const std::string& name : schedule) options.schedule.push_back(parse_enum<Misdeed>(name, "--schedule"));
  const FaultServer server(options);
  fmt::print("{}\n", server.url());
  std::fflush(stdout);
  std::string line;
  while (std::getline(std::cin, line)) {
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 2;
  }
}
