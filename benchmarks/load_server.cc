// A fast local server for load measurements: httplib with many threads, which answers every completions request with n
// fixed choices after a set delay.
//
//   load_server [--delay-ms X] [--threads N] [--port N] [--text TEXT]
//
// Prints its address and serves until its standard input ends.
#include <fmt/format.h>
#include <httplib.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <thread>

#include "base/json.h"

int main(int argc, char** argv) {
  CLI::App app("answers completions after a set delay");
  double delay_ms = 5;
  size_t threads = 128;
  int port = 0;
  std::string text = "# Step 1: two and two is four.\n";
  app.add_option("--delay-ms", delay_ms);
  app.add_option("--threads", threads);
  app.add_option("--port", port);
  app.add_option("--text", text);
  CLI11_PARSE(app, argc, argv);

  httplib::Server server;
  server.new_task_queue = [threads] { return new httplib::ThreadPool(threads); };
  server.set_keep_alive_max_count(size_t{1} << 30);
  server.set_keep_alive_timeout(60);
  server.set_tcp_nodelay(true);
  server.Post("/v1/completions", [&](const httplib::Request& request, httplib::Response& response) {
    const hrm::Json body = hrm::Json::parse(request.body, nullptr, false);
    const int64_t n = body.is_object() ? body.value("n", int64_t{1}) : 1;
    std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(delay_ms));
    hrm::Json choices = hrm::Json::array();
    for (int64_t i = 0; i < n; ++i)
      choices.push_back({{"index", i}, {"text", text}, {"finish_reason", "stop"}, {"stop_reason", nullptr}});
    response.set_content(
        hrm::printable({{"choices", choices}, {"usage", {{"prompt_tokens", 8}, {"completion_tokens", 8 * n}}}}),
        "application/json");
  });
  port = port ? (server.bind_to_port("127.0.0.1", port) ? port : -1) : server.bind_to_any_port("127.0.0.1");
  if (port < 0) {
    fmt::print(stderr, "load_server: cannot listen\n");
    return 1;
  }
  std::thread serving([&] { server.listen_after_bind(); });
  fmt::print("http://127.0.0.1:{}/v1\n", port);
  std::fflush(stdout);
  for (std::string line; std::getline(std::cin, line);) {
  }
  server.stop();
  serving.join();
  return 0;
}
