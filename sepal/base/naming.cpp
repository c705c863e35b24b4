#include "sepal/base/naming.h"

#include <atomic>
#include <cctype>
#include <map>
#include <mutex>

#include "sepal/base/compatibility.h"

namespace sepal {
namespace {

struct NameCounters {
  std::mutex mutex;
  std::map<std::string, int> counts;
  std::map<std::string, int> scopes;
  std::atomic<std::uint64_t> session{1};
};

NameCounters& name_counters() {
  static NameCounters counters;
  return counters;
}

bool is_upper(char c) { return std::isupper(static_cast<unsigned char>(c)) != 0; }
bool is_lower(char c) { return std::islower(static_cast<unsigned char>(c)) != 0; }
bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

}  // namespace

std::string to_snake_case(std::string_view class_name) {
  std::string word;
  for (const char c : class_name) {
    if (is_word(c)) word += c;
  }
  // An underscore before a capital that starts a word: one followed by a lower-case letter, or preceded by
  // one.
  std::string snake;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const bool starts_word = is_upper(word[i]) && ((i + 1 < word.size() && is_lower(word[i + 1])) ||
                                                   (i > 0 && is_lower(word[i - 1])));
    if (i > 0 && starts_word) snake += '_';
    snake += static_cast<char>(std::tolower(static_cast<unsigned char>(word[i])));
  }
  return snake;
}

std::string auto_name(std::string_view class_name) {
  const bool is_tf14 = compatibility() == Compatibility::tf14;
  // tf.keras of TensorFlow 1.4 names every class after itself except for this one.
  const std::string base = is_tf14 && class_name == "InputLayer" ? "input" : to_snake_case(class_name);
  NameCounters& counters = name_counters();
  const std::lock_guard lock(counters.mutex);
  const int count = counters.counts[base]++ + (is_tf14 ? 1 : 0);
  return count == 0 ? base : base + "_" + std::to_string(count);
}

std::string unique_scope_name(const std::string& base) {
  NameCounters& counters = name_counters();
  const std::lock_guard lock(counters.mutex);
  const int count = counters.scopes[base]++;
  return count == 0 ? base : base + "_" + std::to_string(count);
}

std::uint64_t session_id() { return name_counters().session; }

void clear_session() {
  NameCounters& counters = name_counters();
  const std::lock_guard lock(counters.mutex);
  counters.counts.clear();
  counters.scopes.clear();
  ++counters.session;
}

}  // namespace sepal
