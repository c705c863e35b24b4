#include "sepal/layers/reshaping/spatial_pairs.h"

#include <fmt/format.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "sepal/base/error.h"

namespace sepal {
namespace {

// Sums of a length and two amounts stay far from 63 bits.
constexpr std::int64_t kMostAmount = std::numeric_limits<std::int32_t>::max();

IntTuple pair_from(const IntTuple& entry, const std::string& argument) {
  IntTuple pair = standardize_tuple(entry, 2, argument.c_str(), 0);
  if (pair[0] > kMostAmount || pair[1] > kMostAmount) {
    throw ValueError(fmt::format("The `{}` argument must be at most {}. Received: {}", argument, kMostAmount,
                                 entry.str()));
  }
  return pair;
}

// Keras counts in words: "1st entry of padding".
std::string entry_name(std::size_t index, const std::string& argument) {
  constexpr const char* kOrdinals[] = {"1st", "2nd", "3rd"};
  return fmt::format("{} entry of {}", kOrdinals[index], argument);
}

}  // namespace

SpatialPairs SpatialPairs::scalar(std::int64_t amount) {
  SpatialPairs pairs({IntTuple(amount)});
  pairs.is_scalar_ = true;
  return pairs;
}

std::string SpatialPairs::str() const {
  if (is_scalar_ || entries_.size() == 1) return entries_[0].str();
  std::string text;
  for (const IntTuple& entry : entries_) text += (text.empty() ? "" : ", ") + entry.str();
  return "(" + text + ")";
}

SpatialPairs standardize_pairs(const SpatialPairs& value, std::size_t axes, const std::string& argument) {
  const std::vector<IntTuple>& entries = value.entries();
  if (value.is_scalar()) {
    if (entries[0][0] < 0) {
      throw ValueError(
          fmt::format("`{}` cannot be negative. Received: {}={}.", argument, argument, value.str()));
    }
    return SpatialPairs(std::vector<IntTuple>(axes, pair_from(entries[0], argument)));
  }
  if (axes == 1) {
    if (entries.size() == 1) return SpatialPairs({pair_from(entries[0], argument)});
    std::vector<std::int64_t> amounts;
    for (const IntTuple& entry : entries)
      amounts.insert(amounts.end(), entry.values().begin(), entry.values().end());
    return SpatialPairs({pair_from(IntTuple(std::move(amounts)), argument)});
  }
  if (entries.size() != axes) {
    throw ValueError(fmt::format("`{}` should have {} elements. Received: {}={}.", argument,
                                 axes == 2 ? "two" : "3", argument, value.str()));
  }
  std::vector<IntTuple> pairs;
  for (std::size_t i = 0; i < axes; ++i) pairs.push_back(pair_from(entries[i], entry_name(i, argument)));
  return SpatialPairs(std::move(pairs));
}

void config_put(Json& out, const char* key, const SpatialPairs& value) {
  if (value.is_scalar() || value.size() == 1) {
    config_put(out, key, value.entries()[0]);
    return;
  }
  Json list = Json::array();
  for (const IntTuple& entry : value.entries()) {
    Json item;
    config_put(item, "entry", entry);
    list.push_back(item["entry"]);
  }
  out[key] = std::move(list);
}

void config_get(const Json& in, const ConfigField& field, SpatialPairs& value) {
  if (!in.is_array()) {
    std::int64_t amount = 0;
    config_get(in, field, amount);
    value = SpatialPairs::scalar(amount);
    return;
  }
  if (in.empty()) config_type_error(field, "a whole number or a list of whole numbers or pairs", in);
  std::vector<IntTuple> entries;
  for (const Json& item : in) config_get(item, field, entries.emplace_back());
  value = SpatialPairs(std::move(entries));
}

}  // namespace sepal
