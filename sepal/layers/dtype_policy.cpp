#include "sepal/layers/dtype_policy.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "sepal/base/error.h"

namespace sepal {

DType DTypePolicy::resolve() const {
  if (name_.empty()) return floatx();
  const bool is_mixed = name_ == "mixed_float16" || name_ == "mixed_bfloat16";
  DType dtype = DType::float32;
  if (!is_mixed) {
    try {
      dtype = dtype_from_name(name_);
    } catch (const TypeError&) {
      throw ValueError(fmt::format(
          "Cannot convert '{}' to a DType policy. Expected a float dtype such as 'float32'.", name_));
    }
  }
  if (is_mixed || !is_computable(dtype)) {
    throw UnimplementedError(
        fmt::format("Layers compute in 'float32' or 'float64'. Received: dtype={}", name_));
  }
  return dtype;
}

void config_put(Json& out, const char* key, const DTypePolicy& policy) {
  const std::string name = policy.name().empty() ? std::string(name_of(floatx())) : policy.name();
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
