#include "sepal/train/callbacks/csv_logger.h"

#include <fmt/format.h>

#include <algorithm>

#include "sepal/base/error.h"

namespace sepal::callbacks {
namespace {

// As Python prints a float: the shortest text that reads back, with ".0" behind a whole number.
std::string python_text(double value) {
  std::string text = fmt::format("{}", value);
  const bool is_whole = text.find_first_not_of("-0123456789") == std::string::npos;
  return is_whole ? text + ".0" : text;
}

}  // namespace

void CSVLogger::on_train_begin() {
  needs_header_ = true;
  if (options_.append)
    needs_header_ = std::ifstream(options_.filename).peek() == std::ifstream::traits_type::eof();
  columns_.clear();
  file_ =
      std::ofstream(options_.filename, options_.append ? std::ios::app | std::ios::binary : std::ios::binary);
  if (!file_) throw OSError(fmt::format("CSVLogger cannot open '{}' for writing.", options_.filename));
}

void CSVLogger::on_epoch_end(std::int64_t epoch, Logs& logs) {
  if (columns_.empty()) {
    for (const auto& [name, value] : logs) columns_.push_back(name);
    std::sort(columns_.begin(), columns_.end());
    const bool validates = std::any_of(columns_.begin(), columns_.end(),
                                       [](const std::string& name) { return name.starts_with("val_"); });
    const std::size_t count = columns_.size();
    for (std::size_t i = 0; !validates && i < count; ++i) columns_.push_back("val_" + columns_[i]);
    if (needs_header_) {
      file_ << "epoch";
      for (const std::string& name : columns_) file_ << options_.separator << name;
      file_ << "\r\n";
    }
  }
  file_ << epoch;
  for (const std::string& name : columns_) {
    const double* value = logs.find(name);
    file_ << options_.separator << (value ? python_text(*value) : "NA");
  }
  file_ << "\r\n" << std::flush;
  if (!file_) throw OSError(fmt::format("CSVLogger cannot write to '{}'.", options_.filename));
}

void CSVLogger::on_train_end(const Logs&) { file_.close(); }

}  // namespace sepal::callbacks
