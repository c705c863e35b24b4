// Trainer: compile, fit, evaluate and predict of a model (keras.Model's trainer).
#pragma once

#include <string>
#include <vector>

#include "sepal/base/tensor.h"
#include "sepal/weights/variable.h"

namespace sepal {

class ModelBase;

class Trainer {
 public:
  virtual ~Trainer() = default;
  virtual void save(const std::string& path) const = 0;
  std::vector<Variable> optimizer_variables() const { return {}; }

 protected:
  virtual ModelBase& model() = 0;
};

}  // namespace sepal
