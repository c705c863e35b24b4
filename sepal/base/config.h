// Options <-> JSON. An Options struct names each of its fields once, in a static `visit`; writing a config,
// reading one and comparing two all come from that single list:
//
//   struct PoolOptions {
//     IntTuple pool_size = 2;
//     std::string padding = "valid";
//     template <class Self, class Visitor>
//     static void visit(Self& o, Visitor& v) {
//       v("pool_size", o.pool_size);
//       v("padding", o.padding);
//     }
//   };
//
// A field type takes part by two functions found beside it (argument-dependent lookup):
//   void config_put(Json& out, const char* key, const T& value);
//   void config_get(const Json& in, const ConfigField& field, T& value);   // throws on a wrong type
#pragma once

#include <cstdint>
#include <initializer_list>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sepal/base/shape.h"

namespace sepal {

/// JSON objects keep the order in which Keras writes their keys.
using Json = nlohmann::ordered_json;

/// One or several integers: `kernel_size = 3` or `{3, 5}`, `axis = -1` or `{0, 1}`. The receiver checks the
/// count.
class IntTuple {
 public:
  IntTuple() = default;
  IntTuple(std::int64_t value) : values_{value}, is_scalar_(true) {}   // NOLINT: Keras takes a bare int
  IntTuple(int value) : IntTuple(static_cast<std::int64_t>(value)) {}  // NOLINT
  IntTuple(std::initializer_list<std::int64_t> values) : values_(values) {}
  explicit IntTuple(std::vector<std::int64_t> values) : values_(std::move(values)) {}

  bool is_scalar() const { return is_scalar_; }
  bool empty() const { return values_.empty(); }
  std::size_t size() const { return values_.size(); }
  std::int64_t operator[](std::size_t i) const { return values_[i]; }
  const std::vector<std::int64_t>& values() const { return values_; }
  /// "3" or "(3, 5)".
  std::string str() const;
  bool operator==(const IntTuple&) const = default;

 private:
  std::vector<std::int64_t> values_;
  bool is_scalar_ = false;
};

/// `value` as `n` integers, each at least `least` (Keras: `standardize_tuple`).
/// @throws ValueError "The `kernel_size` argument must be a tuple of 2 integers. Received: …"
IntTuple standardize_tuple(const IntTuple& value, std::size_t n, const char* argument,
                           std::int64_t least = 1);

/// `value` in lower case if it is one of `allowed`.
/// @throws ValueError "The `padding` argument must be one of ('valid', 'same'). Received: …"
std::string standardize_choice(std::string value, std::initializer_list<std::string_view> allowed,
                               const char* argument);

/// Where a value stands, for messages: "layer 'conv', field 'filters'".
struct ConfigField {
  std::string owner;  // "layer 'conv'"
  const char* key;
  std::string str() const;
};

void config_put(Json& out, const char* key, std::nullptr_t);
void config_put(Json& out, const char* key, bool value);
void config_put(Json& out, const char* key, std::int64_t value);
void config_put(Json& out, const char* key, double value);
void config_put(Json& out, const char* key, const std::string& value);
void config_put(Json& out, const char* key, const IntTuple& value);
void config_put(Json& out, const char* key, const std::vector<double>& value);
void config_put(Json& out, const char* key, const std::optional<double>& value);
void config_put(Json& out, const char* key, const std::optional<std::int64_t>& value);
void config_put(Json& out, const char* key, const std::optional<IntTuple>& value);

/// @throws ValueError naming the field, the expected type and what was found; TypeError for text instead of
/// an integer.
void config_get(const Json& in, const ConfigField& field, bool& value);
void config_get(const Json& in, const ConfigField& field, std::int64_t& value);
void config_get(const Json& in, const ConfigField& field, double& value);
void config_get(const Json& in, const ConfigField& field, std::string& value);
void config_get(const Json& in, const ConfigField& field, IntTuple& value);
void config_get(const Json& in, const ConfigField& field, std::vector<double>& value);
void config_get(const Json& in, const ConfigField& field, std::optional<double>& value);
void config_get(const Json& in, const ConfigField& field, std::optional<std::int64_t>& value);
void config_get(const Json& in, const ConfigField& field, std::optional<IntTuple>& value);

/// A list of lengths with null for kNone.
Json shape_to_json(const Shape& shape);
/// @throws ValueError naming the field if it is not a list of at most kMaxRank lengths.
Shape shape_from_json(const Json& value, const ConfigField& field);

/// Whether a value is JSON's null, for files that do not include the JSON library.
bool is_null(const Json& value);

/// The entry `key` of an object, or nullptr.
/// @throws TypeError if `config` is not an object.
const Json* config_find(const Json& config, const std::string& owner, const char* key);

/// @throws TypeError naming the first key of `config` that is not in `known`.
void config_expect_only(const Json& config, const std::string& owner, const std::set<std::string>& known);

/// The error for a field of a wrong type: "layer 'c', field 'filters': expected an integer. Received: \"8\"".
[[noreturn]] void config_type_error(const ConfigField& field, std::string_view expected, const Json& found);

/// The TypeError for an argument that has no default and was not given.
[[noreturn]] void config_missing_error(const std::string& owner, const char* key);

/// Writes each visited field.
class ConfigWriter {
 public:
  explicit ConfigWriter(Json& out) : out_(out) {}
  template <class T>
  void operator()(const char* key, const T& value) {
    config_put(out_, key, value);
  }

 private:
  Json& out_;
};

/// Fills each visited field that the config has; missing fields keep their default.
class ConfigReader {
 public:
  ConfigReader(const Json& config, std::string owner) : config_(config), owner_(std::move(owner)) {}
  template <class T>
  void operator()(const char* key, T& value) {
    known_.insert(key);
    if (const Json* found = config_find(config_, owner_, key)) config_get(*found, {owner_, key}, value);
  }
  /// Keys that mean nothing here and are no error.
  template <class Keys>
  void ignore(const Keys& keys) {
    known_.insert(keys.begin(), keys.end());
  }
  /// @throws TypeError naming the first of `keys` that the config lacks.
  template <class Keys>
  void expect_given(const Keys& keys) const {
    for (const char* key : keys) {
      if (config_find(config_, owner_, key) == nullptr) config_missing_error(owner_, key);
    }
  }
  /// @throws TypeError naming the first key that was neither visited nor ignored.
  void expect_all_used() const { config_expect_only(config_, owner_, known_); }

 private:
  const Json& config_;
  std::string owner_;
  std::set<std::string> known_;
};

template <class Options>
void write_options(Json& out, const Options& options) {
  ConfigWriter writer(out);
  Options::visit(options, writer);
}

}  // namespace sepal
