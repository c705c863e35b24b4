// DTypePolicy: the dtype argument of a layer (keras.DTypePolicy).
#pragma once

#include <string>

#include "sepal/base/config.h"
#include "sepal/base/dtype.h"

namespace sepal {

/// The name of a float dtype, for variables and computation, or "mixed_float16" or "mixed_bfloat16", which
/// compute in 16 bits and keep float32 variables. Empty means the process's policy (dtype_policy()) at the
/// time the layer is made.
class DTypePolicy {
 public:
  DTypePolicy() = default;
  DTypePolicy(const char* name) : name_(name) {}             // NOLINT: Keras takes a bare name
  DTypePolicy(std::string name) : name_(std::move(name)) {}  // NOLINT
  DTypePolicy(DType dtype) : name_(name_of(dtype)) {}        // NOLINT

  const std::string& name() const { return name_; }
  bool operator==(const DTypePolicy&) const = default;

  /// Of variables, and of what a layer computes and returns.
  /// @throws ValueError if no such policy exists; UnimplementedError if its dtype is not a float.
  DType variable_dtype() const;
  DType compute_dtype() const;

 private:
  std::string name_;
};

/// The policy of layers that are not given one (keras.config.dtype_policy): what was set in this session,
/// else floatx().
DTypePolicy dtype_policy();

/// keras.config.set_dtype_policy. `clear_session` ends it.
/// @throws what DTypePolicy::compute_dtype throws.
void set_dtype_policy(const DTypePolicy& policy);

/// The envelope {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}, …}.
void config_put(Json& out, const char* key, const DTypePolicy& policy);
/// Reads the envelope of any Keras version, a bare name, or null.
void config_get(const Json& in, const ConfigField& field, DTypePolicy& policy);

}  // namespace sepal
