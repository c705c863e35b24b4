#include "sepal/train/callbacks/progress_bar.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <iostream>

namespace sepal::callbacks {
namespace {

constexpr int kWidth = 20;          // of the bar, in characters
constexpr double kInterval = 0.05;  // seconds between two drawings
constexpr const char* kBold = "\x1b[1m";
constexpr const char* kGreen = "\x1b[32m";
constexpr const char* kWhite = "\x1b[37m";
constexpr const char* kPlain = "\x1b[0m";

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::string step_time(double seconds) {
  if (seconds >= 1.0 || seconds == 0.0) return fmt::format(" {:.0f}s/step", seconds);
  if (seconds >= 1e-3) return fmt::format(" {:.0f}ms/step", seconds * 1e3);
  return fmt::format(" {:.0f}us/step", seconds * 1e6);
}

std::string remaining_time(double seconds) {
  const auto s = static_cast<std::int64_t>(seconds);
  if (s > 3600) return fmt::format("{}:{:02}:{:02}", s / 3600, s % 3600 / 60, s % 60);
  if (s > 60) return fmt::format("{}:{:02}", s / 60, s % 60);
  return fmt::format("{}s", s);
}

std::string values_of(const Logs& logs) {
  std::string text;
  for (const auto& [name, value] : logs) {
    text += std::abs(value) > 1e-3 ? fmt::format(" - {}: {:.4f}", name, value)
                                   : fmt::format(" - {}: {:.4e}", name, value);
  }
  return text;
}

std::string repeated(const char* text, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) result += text;
  return result;
}

// "  7/100", as wide as its last value; "      7/Unknown".
std::string count_of(std::int64_t seen, std::int64_t target) {
  if (target <= 0) return fmt::format("{:7}/Unknown", seen);
  const std::string last = std::to_string(target);
  return fmt::format("{:{}}/{}", seen, last.size(), last);
}

// Characters that take room: not the escape sequences, and each letter of UTF-8 once.
std::size_t width_of(const std::string& text) {
  std::size_t width = 0;
  bool escaped = false;
  for (const char c : text) {
    if (c == '\x1b') escaped = true;
    if (!escaped && (static_cast<unsigned char>(c) & 0xC0U) != 0x80U) ++width;
    if (c == 'm') escaped = false;
  }
  return width;
}

}  // namespace

ProgressBarCallback::ProgressBarCallback(Options options) : options_(std::move(options)) {
  if (options_.out == nullptr) options_.out = &std::cout;
  if (!options_.redraw) options_.redraw = isatty(STDOUT_FILENO) != 0;
  if (!options_.now) options_.now = steady_seconds;
}

void ProgressBarCallback::start() {
  start_ = options_.now();
  after_first_step_ = last_drawn_ = 0.0;
  seen_ = 0;
  target_ = params().steps;
  drawn_width_ = 0;
}

void ProgressBarCallback::on_epoch_begin(std::int64_t epoch) {
  start();
  if (params().verbose > 0 && params().epochs > 1) {
    *options_.out << fmt::format("Epoch {}/{}\n", epoch + 1, params().epochs) << std::flush;
  }
}

void ProgressBarCallback::on_epoch_end(std::int64_t, Logs& logs) { finish(logs); }
void ProgressBarCallback::on_train_batch_end(std::int64_t batch, Logs& logs) { advance(batch, logs); }

// The validation inside of `fit` shows only in the epoch's last values.
void ProgressBarCallback::on_test_begin() {
  if (!is_fitting_) start();
}
void ProgressBarCallback::on_test_batch_end(std::int64_t batch, Logs& logs) {
  if (!is_fitting_) advance(batch, logs);
}
void ProgressBarCallback::on_test_end(Logs& logs) {
  if (!is_fitting_) finish(logs);
}

void ProgressBarCallback::on_predict_batch_end(std::int64_t batch) { advance(batch, {}); }
void ProgressBarCallback::on_predict_end() { finish({}); }

void ProgressBarCallback::advance(std::int64_t batch, const Logs& logs) {
  seen_ = batch + 1;
  const double now = options_.now();
  if (seen_ == 1) after_first_step_ = now;
  if (params().verbose != 1 || !*options_.redraw || now - last_drawn_ < kInterval) return;
  last_drawn_ = now;
  *options_.out << bar(now, logs, false) << std::flush;
}

void ProgressBarCallback::finish(const Logs& logs) {
  if (params().verbose == 0) return;
  if (target_ <= 0) target_ = seen_;
  seen_ = target_;
  const double now = options_.now();
  const bool redraws = params().verbose == 1 && *options_.redraw;
  *options_.out << (redraws ? bar(now, logs, true) : line(now, logs)) << "\n" << std::flush;
}

// The first step warms caches and would spoil the mean of the others.
double ProgressBarCallback::seconds_per_step(double now) {
  if (seen_ == 0) return 0.0;
  if (seen_ > 1 && after_first_step_ > 0.0) return (now - after_first_step_) / static_cast<double>(seen_ - 1);
  return (now - start_) / static_cast<double>(seen_);
}

std::string ProgressBarCallback::bar(double now, const Logs& logs, bool is_last) {
  const double per_step = seconds_per_step(now);
  std::string text = fmt::format("{}{}{}", kBold, count_of(seen_, target_), kPlain);
  std::string time = fmt::format("{:.0f}s", now - start_);
  if (target_ > 0) {
    const int done = static_cast<int>(kWidth * static_cast<double>(seen_) / static_cast<double>(target_));
    if (!is_last) time = remaining_time(per_step * static_cast<double>(target_ - seen_));
    text += fmt::format(" {}{}{}{}{}{}", kGreen, repeated("━", done), kPlain, kWhite,
                        repeated("━", kWidth - done), kPlain);
  }
  text += fmt::format(" {}{}{}{}{}", kBold, time, kPlain, step_time(per_step), values_of(logs));
  const std::size_t width = width_of(text);
  const std::size_t leftover = drawn_width_ > width ? drawn_width_ - width : 0;
  drawn_width_ = width;
  return "\r" + text + std::string(leftover, ' ');
}

std::string ProgressBarCallback::line(double now, const Logs& logs) {
  return fmt::format("{} - {:.0f}s -{}{}", count_of(seen_, target_), now - start_,
                     step_time(seconds_per_step(now)), values_of(logs));
}

}  // namespace sepal::callbacks
