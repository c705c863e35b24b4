#include "sepal/layers/operations/get_item.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sepal/base/error.h"
#include "sepal/ops/array.h"

namespace sepal {
namespace {

// Python's rule for the bounds of a slice.
std::int64_t bound(const std::optional<std::int64_t>& given, std::int64_t missing, std::int64_t length) {
  if (!given) return missing;
  return std::clamp<std::int64_t>(*given < 0 ? *given + length : *given, 0, length);
}

}  // namespace

GetItemOperation::Item GetItemOperation::item_from(const Json& key) const {
  if (key.is_null()) return {.kind = Item::Kind::new_axis};
  if (key.is_number_integer()) return {.kind = Item::Kind::index, .start = key.get<std::int64_t>()};
  const Json* class_name = key.is_object() ? config_find(key, owner(), "class_name") : nullptr;
  if (class_name != nullptr && *class_name == "__ellipsis__") return {.kind = Item::Kind::ellipsis};
  const Json* config = class_name != nullptr ? config_find(key, owner(), "config") : nullptr;
  if (config == nullptr || *class_name != "__slice__") {
    throw TypeError(fmt::format("{}: expected slices, whole numbers, null or an ellipsis.", owner()));
  }
  Item item;
  std::optional<std::int64_t> step;
  for (auto [name, value] : {std::pair("start", &item.start), {"stop", &item.stop}, {"step", &step}}) {
    if (const Json* given = config_find(*config, owner(), name)) config_get(*given, {owner(), name}, *value);
  }
  if (step.value_or(1) != 1) {
    throw UnimplementedError(
        fmt::format("{}: slices with a step are not supported. Received: step={}", owner(), *step));
  }
  return item;
}

void GetItemOperation::read_arguments(const Json& args) {
  if (args.size() != 2 || !is_tensor_reference(args[0])) {
    throw TypeError(fmt::format("{}: expected a call with a tensor and a key.", owner()));
  }
  std::vector<Item> items;
  if (args[1].is_array()) {
    for (const Json& key : args[1]) items.push_back(item_from(key));
  } else {
    items.push_back(item_from(args[1]));
  }
  const auto ellipses =
      std::count_if(items.begin(), items.end(), [](const Item& i) { return i.kind == Item::Kind::ellipsis; });
  if (ellipses > 1) throw ValueError(fmt::format("{}: a key has one ellipsis at most.", owner()));
  items_ = std::move(items);
}

std::vector<GetItemOperation::Item> GetItemOperation::items_for(int rank) const {
  int named = 0;
  for (const Item& item : items_)
    named += item.kind == Item::Kind::slice || item.kind == Item::Kind::index ? 1 : 0;
  if (named > rank || items_.size() - static_cast<std::size_t>(named) > static_cast<std::size_t>(kMaxRank)) {
    throw ValueError(
        fmt::format("Too many indices for a tensor of rank {}. Received: {} indices.", rank, items_.size()));
  }
  std::vector<Item> items;
  const auto fill = [&] { items.insert(items.end(), static_cast<std::size_t>(rank - named), Item{}); };
  bool filled = false;
  for (const Item& item : items_) {
    if (item.kind == Item::Kind::ellipsis) {
      fill();
      filled = true;
    } else {
      items.push_back(item);
    }
  }
  if (!filled) fill();
  return items;
}

Tensor GetItemOperation::compute(const Tensors& inputs) const {
  Tensor x = inputs.at(0);
  int axis = 0;
  for (const Item& item : items_for(x.rank())) {
    if (item.kind == Item::Kind::new_axis) continue;
    const std::int64_t length = x.shape()[axis];
    if (item.kind == Item::Kind::index) {
      const std::int64_t index = *item.start < 0 ? *item.start + length : *item.start;
      if (index < 0 || index >= length) {
        throw InvalidArgumentError(fmt::format("{}: index {} is out of bounds of axis {} with length {}.",
                                               owner(), *item.start, axis, length));
      }
      x = ops::slice(x, axis, index, index + 1);
    } else if (item.start || item.stop) {
      const std::int64_t begin = bound(item.start, 0, length);
      x = ops::slice(x, axis, begin, std::max(begin, bound(item.stop, length, length)));
    }
    ++axis;
  }
  return ops::reshape(x, compute_shape({inputs[0].shape()}));
}

Shape GetItemOperation::compute_shape(const Shapes& input_shapes) const {
  const Shape& from = input_shapes.at(0);
  Shape result;
  int axis = 0;
  for (const Item& item : items_for(from.rank())) {
    if (item.kind == Item::Kind::new_axis) {
      result.push_back(1);
      continue;
    }
    const std::int64_t length = from[axis++];
    if (item.kind == Item::Kind::index) continue;
    if (length == kNone) {
      result.push_back(kNone);
      continue;
    }
    const std::int64_t begin = bound(item.start, 0, length);
    result.push_back(std::max<std::int64_t>(0, bound(item.stop, length, length) - begin));
  }
  return result;
}

}  // namespace sepal
