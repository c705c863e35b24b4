// DTypePolicy: the dtype argument of a layer (keras.DTypePolicy).
#pragma once

#include <string>

#include "sepal/base/config.h"
#include "sepal/base/dtype.h"

namespace sepal {

/// Empty means floatx() at the time the layer is made. Layers compute in float32 or float64; a policy of
/// another type
/// ("float16", "mixed_bfloat16") is kept for the file and refused when a layer is made with it.
class DTypePolicy {
 public:
  DTypePolicy() = default;
  DTypePolicy(const char* name) : name_(name) {}             // NOLINT: Keras takes a bare name
  DTypePolicy(std::string name) : name_(std::move(name)) {}  // NOLINT
  DTypePolicy(DType dtype) : name_(name_of(dtype)) {}        // NOLINT

  const std::string& name() const { return name_; }
  bool operator==(const DTypePolicy&) const = default;

  /// The dtype of variables and of computation.
  /// @throws ValueError if no such policy exists; UnimplementedError if Sepal does not compute in it.
  DType resolve() const;

 private:
  std::string name_;
};

/// The envelope {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}, …}.
void config_put(Json& out, const char* key, const DTypePolicy& policy);
/// Reads the envelope of any Keras version, a bare name, or null.
void config_get(const Json& in, const ConfigField& field, DTypePolicy& policy);

}  // namespace sepal
