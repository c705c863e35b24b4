// Logs: what training reports, by name, in a fixed order.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace sepal {

class Logs {
 public:
  /// Replaces the value of a name that is there already.
  void set(const std::string& name, double value) {
    for (auto& [known, old] : items_) {
      if (known == name) {
        old = value;
        return;
      }
    }
    items_.emplace_back(name, value);
  }

  /// nullptr if there is none.
  const double* find(const std::string& name) const {
    const auto found =
        std::find_if(items_.begin(), items_.end(), [&](const auto& item) { return item.first == name; });
    return found == items_.end() ? nullptr : &found->second;
  }

  bool empty() const { return items_.empty(); }
  auto begin() const { return items_.begin(); }
  auto end() const { return items_.end(); }

 private:
  std::vector<std::pair<std::string, double>> items_;
};

}  // namespace sepal
