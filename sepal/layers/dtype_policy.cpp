#include "sepal/layers/dtype_policy.h"

#include <fmt/format.h>

#include <mutex>
#include <nlohmann/json.hpp>

#include "sepal/base/error.h"
#include "sepal/base/naming.h"

namespace sepal {
namespace {

// The process's policy, if one was set, and the session that it was set in.
struct GlobalPolicy {
  std::mutex mutex;
  DTypePolicy policy;
  std::uint64_t session = 0;
};

GlobalPolicy& global_policy() {
  static GlobalPolicy global;
  return global;
}

}  // namespace

DType DTypePolicy::variable_dtype() const {
  if (name_.empty()) return dtype_policy().variable_dtype();
  if (name_ == "mixed_float16" || name_ == "mixed_bfloat16") return DType::float32;
  DType dtype = DType::float32;
  try {
    dtype = dtype_from_name(name_);
  } catch (const TypeError&) {
    throw ValueError(fmt::format(
        "Cannot convert `policy` into a dtype policy. Expected 'mixed_float16', 'mixed_bfloat16', or a "
        "float dtype such as 'float32'. Received: policy={}",
        name_));
  }
  if (!is_floating(dtype)) {
    throw UnimplementedError(fmt::format("Layers compute in floats. Received: dtype={}", name_));
  }
  return dtype;
}

DType DTypePolicy::compute_dtype() const {
  if (name_.empty()) return dtype_policy().compute_dtype();
  if (name_ == "mixed_float16") return DType::float16;
  if (name_ == "mixed_bfloat16") return DType::bfloat16;
  return variable_dtype();
}

DTypePolicy dtype_policy() {
  GlobalPolicy& global = global_policy();
  const std::lock_guard lock(global.mutex);
  const bool is_set = !global.policy.name().empty() && global.session == session_id();
  return is_set ? global.policy : DTypePolicy(floatx());
}

void set_dtype_policy(const DTypePolicy& policy) {
  (void)policy.compute_dtype();
  GlobalPolicy& global = global_policy();
  const std::lock_guard lock(global.mutex);
  global.policy = policy;
  global.session = session_id();
}

void config_put(Json& out, const char* key, const DTypePolicy& policy) {
  const std::string name = policy.name().empty() ? dtype_policy().name() : policy.name();
  out[key] = {{"module", "keras"},
              {"class_name", "DTypePolicy"},
              {"config", {{"name", name}}},
              {"registered_name", nullptr}};
}

void config_get(const Json& in, const ConfigField& field, DTypePolicy& policy) {
  constexpr std::string_view kExpected = "a dtype name or a DTypePolicy";
  if (in.is_null()) {
    policy = DTypePolicy();
    return;
  }
  const Json* name = &in;
  if (in.is_object()) {
    const auto config = in.find("config");
    if (config == in.end() || !config->is_object() || !config->contains("name")) {
      config_type_error(field, kExpected, in);
    }
    name = &(*config)["name"];
  }
  if (!name->is_string()) config_type_error(field, kExpected, *name);
  policy = DTypePolicy(name->get<std::string>());
}

}  // namespace sepal
