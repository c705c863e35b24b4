// Errors of configs that are sound but name what is not known here, so that a reader may go on without it.
#pragma once

#include "sepal/base/error.h"

namespace sepal {

/// A config names a class or a function that is not registered: one's own, or of another Keras.
class UnknownNameError : public ValueError {
 public:
  using ValueError::ValueError;
};

/// A config has a keyword that its class does not take.
class UnknownKeywordError : public TypeError {
 public:
  using TypeError::TypeError;
};

}  // namespace sepal
