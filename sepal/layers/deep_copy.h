// Copies of layers (Python: copy.deepcopy of a layer).
#pragma once

#include <map>
#include <memory>

#include "sepal/layers/ref.h"

namespace sepal {

/// What was copied already: a layer that several things share stays one layer in their copies.
using DeepCopyMemo = std::map<const Layer*, std::shared_ptr<Layer>>;

/// A new layer of the same class, name and config with weights of its own that start with the same values,
/// and without any of the calls, losses and updates. If the memo has a copy, that one.
/// @throws ValueError if the class is not registered, or its config cannot be written (a function without a
/// name).
std::shared_ptr<Layer> deep_copy(const Layer& layer, DeepCopyMemo* memo = nullptr);

template <class L>
Ref<L> deep_copy(const Ref<L>& layer, DeepCopyMemo* memo = nullptr) {
  return Ref<L>(std::dynamic_pointer_cast<L>(deep_copy(*layer, memo)));
}

}  // namespace sepal
