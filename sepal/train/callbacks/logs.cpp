#include "sepal/train/callbacks/logs.h"

#include <algorithm>

namespace sepal {

const double* Logs::find(std::string_view name) const {
  const auto found =
      std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.first == name; });
  return found == entries_.end() ? nullptr : &found->second;
}

void Logs::set(std::string_view name, double value) {
  for (Entry& entry : entries_) {
    if (entry.first == name) {
      entry.second = value;
      return;
    }
  }
  entries_.emplace_back(name, value);
}

void Logs::sort_by_name() {
  std::stable_sort(entries_.begin(), entries_.end(),
                   [](const Entry& a, const Entry& b) { return a.first < b.first; });
}

std::string Logs::names() const {
  std::string names;
  for (const auto& [name, value] : entries_) names += (names.empty() ? "" : ",") + name;
  return names;
}

}  // namespace sepal
