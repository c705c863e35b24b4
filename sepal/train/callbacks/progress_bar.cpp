#include "sepal/train/callbacks/progress_bar.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdio>

#include "sepal/base/terminal.h"

namespace sepal::callbacks {
namespace {

constexpr int kBarLength = 20;
// A faster redraw is not seen and would cost more than a small step.
constexpr auto kRedrawInterval = std::chrono::milliseconds(50);

double seconds(std::chrono::steady_clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

// Numbers, bar, time, then the logs, each value to four digits as in Keras.
std::string values_text(const Logs& logs) {
  std::string text;
  for (const auto& [name, value] : logs) {
    text += std::abs(value) > 1e-3 ? fmt::format(" - {}: {:.4f}", name, value)
                                   : fmt::format(" - {}: {:.4e}", name, value);
  }
  return text;
}

std::string clock_text(double duration) {
  const auto total = static_cast<long>(duration);
  if (total > 3600) return fmt::format("{}:{:02}:{:02}", total / 3600, total % 3600 / 60, total % 60);
  if (total > 60) return fmt::format("{}:{:02}", total / 60, total % 60);
  return fmt::format("{}s", total);
}

std::string per_step_text(double duration) {
  if (duration >= 1 || duration == 0) return fmt::format("{:.0f}s/step", duration);
  if (duration >= 1e-3) return fmt::format("{:.0f}ms/step", duration * 1e3);
  return fmt::format("{:.0f}us/step", duration * 1e6);
}

std::string repeated(const char* text, int count) {
  std::string result;
  for (int i = 0; i < count; ++i) result += text;
  return result;
}

// A line that the terminal breaks would be redrawn below itself, not in place. Characters stay whole.
std::string within_line(const std::string& text, std::size_t before, int columns) {
  const auto line = static_cast<std::size_t>(columns);
  if (columns == 0 || before + text.size() < line) return text;
  std::size_t most = line > before + 1 ? line - before - 1 : 0;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80U) --most;
  return text.substr(0, most);
}

void write_to_stdout(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

}  // namespace

ProgressBar::ProgressBar(ProgressBarOptions options) : options_(std::move(options)) {
  if (!options_.write) options_.write = write_to_stdout;
  if (!options_.terminal) options_.terminal = stdout_is_terminal();
}

bool ProgressBar::draws_in_place() const { return *options_.terminal && parameters().verbose == 1; }

void ProgressBar::start() {
  started_ = Clock::now();
  drawn_ = {};
  width_ = 0;
  done_ = 0;
}

void ProgressBar::advance(std::int64_t done, const Logs& logs) {
  done_ = done;
  if (!draws_in_place()) return;
  const Clock::time_point now = Clock::now();
  // The last step is drawn always: a validation after it may take long.
  if (now - drawn_ < kRedrawInterval && done < parameters().steps) return;
  drawn_ = now;
  const double elapsed = seconds(now - started_);
  const double per_step = elapsed / static_cast<double>(done);
  const std::int64_t steps = std::max<std::int64_t>(parameters().steps, 1);
  const int filled = static_cast<int>(kBarLength * done / steps);
  const std::string total = std::to_string(steps);
  const std::string counts = fmt::format("{:>{}}/{}", done, total.size(), total);
  const std::string remaining = clock_text(per_step * static_cast<double>(steps - done));
  const std::string speed = per_step_text(per_step);
  const std::size_t before_values = counts.size() + 1 + kBarLength + 1 + remaining.size() + 1 + speed.size();
  const std::string values =
      within_line(values_text(logs), before_values, options_.columns.value_or(terminal_width()));
  const std::size_t width = before_values + values.size();
  const std::string text =
      fmt::format("\r\x1b[1m{}\x1b[0m \x1b[32m{}\x1b[0m\x1b[37m{}\x1b[0m \x1b[1m{}\x1b[0m {}{}", counts,
                  repeated("━", filled), repeated("━", kBarLength - filled), remaining, speed, values);
  // A shorter line must cover the longer one before it.
  options_.write(text + std::string(width_ > width ? width_ - width : 0, ' '));
  width_ = width;
  open_ = true;
}

void ProgressBar::finish(const Logs& logs) {
  const double elapsed = seconds(Clock::now() - started_);
  const double per_step = elapsed / static_cast<double>(std::max<std::int64_t>(done_, 1));
  if (draws_in_place()) {
    options_.write(fmt::format("\r\x1b[2K\x1b[1m{0}/{1}\x1b[0m \x1b[32m{2}\x1b[0m \x1b[1m{3}\x1b[0m {4}{5}\n",
                               done_, parameters().steps, repeated("━", kBarLength), clock_text(elapsed),
                               per_step_text(per_step), values_text(logs)));
  } else {
    options_.write(fmt::format("{}{}/{} - {} - {}{}\n", epoch_title_.empty() ? "" : epoch_title_ + " - ",
                               done_, parameters().steps, clock_text(elapsed), per_step_text(per_step),
                               values_text(logs)));
  }
  open_ = false;
}

void ProgressBar::on_epoch_begin(std::int64_t epoch) {
  epoch_title_ = fmt::format("Epoch {}/{}", epoch + 1, parameters().epochs);
  start();
  if (draws_in_place()) options_.write(epoch_title_ + "\n");
}

void ProgressBar::on_train_batch_end(std::int64_t batch, const Logs& logs) { advance(batch + 1, logs); }
void ProgressBar::on_epoch_end(std::int64_t, Logs& logs) { finish(logs); }

void ProgressBar::on_train_end(const Logs&) {
  if (open_) options_.write("\n");  // training was interrupted within an epoch
  open_ = false;
}

void ProgressBar::on_test_begin() {
  epoch_title_.clear();
  start();
}

void ProgressBar::on_test_batch_end(std::int64_t batch, const Logs& logs) { advance(batch + 1, logs); }
void ProgressBar::on_test_end(const Logs& logs) { finish(logs); }

}  // namespace sepal::callbacks
