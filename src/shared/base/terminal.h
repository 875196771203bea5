// Output for people: makes text of files, servers and models safe to print, and handles the standard streams in any
// state.
//
// A terminal obeys control characters. Text that others wrote could move the cursor, hide lines, retitle the window or
// turn the order of letters around, so what would act is shown as an escape instead: "\x1b[31m".
#pragma once

#include <string>
#include <string_view>

namespace hrm {

enum class LineBreaks { kKeep, kShow };

// The text with everything that a terminal would act on made visible: control characters but tab (C0 and DEL as \x1b,
// C1 as \x9b), bytes that are not UTF-8 (\xff), and the characters that turn the direction of text (\u202e). Line
// breaks stay or are shown as \n. Printable text is unchanged.
std::string visible_text(std::string_view text, LineBreaks breaks = LineBreaks::kKeep);

// visible_text() for text that comes in pieces, which may end within a character.
class TerminalFilter {
 public:
  // styles: colors and weights (ESC [ ... m) pass, for commands that print in color.
  void pass_styles() { styles_ = true; }
  // What can be shown so far.
  std::string feed(std::string_view piece);
  // What was kept back until its rest came.
  std::string finish();

 private:
  bool styles_ = false;
  std::string held_;
};

// One line on standard error, made visible, in one write. A line that cannot be written (a closed stream, a full disk,
// a reader that has gone) is lost: no message ends a run.
void write_message(std::string_view line);
// Bytes as they are, for what draws on a terminal by itself. They may be lost likewise.
void write_standard_error(std::string_view bytes);

// To be called first in main(). A standard stream that is closed is replaced by one that gives nothing and takes
// nothing, so that no file opened later takes its number and receives messages; a reader of standard error that has
// gone no longer ends the process (SIGPIPE).
void prepare_standard_streams();

// Where standard output is a terminal, everything printed from here on passes a TerminalFilter.
void filter_standard_output();
void pass_output_styles();  // TerminalFilter::pass_styles()

enum class OutputEnd { kWritten, kReaderGone, kFailed };
// Flushes standard output and tells whether all of it was taken.
OutputEnd finish_standard_output();

}  // namespace hrm
