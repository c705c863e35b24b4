// The functions of TensorFlow that Keras 3 has as operations.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "sepal/base/config.h"

namespace sepal {

/// A keyword argument of TensorFlow's function that is a field of the operation's config.
struct FunctionField {
  const char* keyword;
  const char* field;
};

/// What Keras 3 has for a function of TensorFlow.
struct TensorflowFunction {
  const char* module;
  const char* class_name;
  std::vector<const char*> operands = {};  // keyword arguments that are operands after the first, in order
  std::vector<FunctionField> fields = {};
  const char* config = "{}";  // fields where TensorFlow's default is another than that of Keras
  bool takes_list = false;
};

/// By name in tf, "compat.v1." left out, "math." and "nn." as TensorFlow exports it.
const std::map<std::string, TensorflowFunction>& tensorflow_functions();

}  // namespace sepal
