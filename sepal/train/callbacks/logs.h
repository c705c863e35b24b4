// Logs: named numbers in the order in which they were added: {"accuracy": 0.77, "loss": 0.65}.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sepal {

class Logs {
 public:
  using Entry = std::pair<std::string, double>;

  Logs() = default;
  Logs(std::initializer_list<Entry> entries) : entries_(entries) {}

  /// nullptr if there is none of this name.
  const double* find(std::string_view name) const;
  /// Replaces the value of this name or adds it at the end.
  void set(std::string_view name, double value);
  /// Keras reports by name, whatever the order of computing.
  void sort_by_name();

  bool empty() const { return entries_.empty(); }
  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }
  /// "accuracy,loss", for messages.
  std::string names() const;
  bool operator==(const Logs&) const = default;

 private:
  std::vector<Entry> entries_;
};

}  // namespace sepal
