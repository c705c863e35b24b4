#include "sepal/layers/operations/get_item.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sepal/base/error.h"
#include "sepal/ops/array.h"

namespace sepal {
namespace {

// Larger steps skip every tensor, and their products could overflow.
constexpr std::int64_t kLargestStep = std::int64_t{1} << 40;

// The elements of an axis that a slice names: number `first`, `first + step` and so on.
struct Steps {
  std::int64_t first;
  std::int64_t count;
};

// Python's rule: bounds below 0 count from the end, then both are brought to the axis, or just beside it.
Steps steps_of(const std::optional<std::int64_t>& start, const std::optional<std::int64_t>& stop,
               std::int64_t step, std::int64_t length) {
  const std::int64_t low = step > 0 ? 0 : -1;
  const std::int64_t high = step > 0 ? length : length - 1;
  const auto bound = [&](const std::optional<std::int64_t>& given, std::int64_t missing) {
    if (!given) return missing;
    return std::clamp<std::int64_t>(*given < 0 ? *given + length : *given, low, high);
  };
  const std::int64_t first = bound(start, step > 0 ? low : high);
  const std::int64_t end = bound(stop, step > 0 ? high : low);
  const std::int64_t distance = step > 0 ? end - first : first - end;
  const std::int64_t size = std::abs(step);
  return {first, distance > 0 ? (distance + size - 1) / size : 0};
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
  item.step = step.value_or(1);
  if (item.step == 0 || item.step > kLargestStep || item.step < -kLargestStep) {
    throw ValueError(
        fmt::format("{}: the step of a slice must not be 0. Received: step={}", owner(), item.step));
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

Tensors GetItemOperation::compute(const Tensors& inputs) const {
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
    } else if (item.start || item.stop || item.step != 1) {
      const Steps steps = steps_of(item.start, item.stop, item.step, length);
      x = item.step == 1 ? ops::slice(x, axis, steps.first, steps.first + steps.count)
                         : ops::take_steps(x, axis, steps.first, item.step, steps.count);
    }
    ++axis;
  }
  return {ops::reshape(x, compute_shapes({inputs[0].shape()})[0])};
}

Shapes GetItemOperation::compute_shapes(const Shapes& input_shapes) const {
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
    result.push_back(steps_of(item.start, item.stop, item.step, length).count);
  }
  return {result};
}

}  // namespace sepal
