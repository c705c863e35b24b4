// The names of optimizers: from strings and files to handles, and back.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <nlohmann/json.hpp>

#include "sepal/base/error.h"
#include "sepal/train/optimizers/optimizers.h"

namespace sepal {
namespace {

constexpr const char* kKind = "optimizer";

// Fields of Keras 1 and 2 that Keras 3 dropped. It ignores `decay` too.
constexpr std::initializer_list<const char*> kIgnored = {"decay", "jit_compile", "is_legacy_optimizer"};

// Keras looks optimizers up by their class name in lower case: "Adam", "adam", "RMSProp".
std::string table_key(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name;
}

template <class Handle, class Options>
Optimizer make(const Json* config, const std::string& owner) {
  if (config == nullptr || !config->contains("lr"))
    return Handle(read_object<Options>(config, owner, kIgnored));
  Json renamed = *config;
  renamed["learning_rate"] = renamed["lr"];
  renamed.erase("lr");
  return Handle(read_object<Options>(&renamed, owner, kIgnored));
}

// Keras before 3.10 wrote the fields of every optimizer for it, tf.keras 2 whether the scale changes at all.
constexpr std::initializer_list<const char*> kWithoutScaling = {"weight_decay",
                                                                "clipnorm",
                                                                "global_clipnorm",
                                                                "clipvalue",
                                                                "use_ema",
                                                                "ema_momentum",
                                                                "ema_overwrite_frequency",
                                                                "loss_scale_factor",
                                                                "dynamic",
                                                                "gradient_accumulation_steps"};

// Keras's default of such a field, which is all that it may say.
Json default_without_scaling(const std::string& key) {
  if (key == "use_ema") return false;
  if (key == "dynamic") return true;
  return key == "ema_momentum" ? Json(0.99) : Json();
}

Optimizer make_loss_scaling(const Json* config, const std::string& owner) {
  for (const char* key : kWithoutScaling) {
    if (config == nullptr || !config->contains(key)) continue;
    const Json& value = (*config)[key];
    if (value == default_without_scaling(key)) continue;
    throw ValueError(fmt::format("{}: LossScaleOptimizer does not support `{}`. Received: {}={}", owner, key,
                                 key, value.dump()));
  }
  return optimizers::LossScaleOptimizer(
      read_object<optimizers::LossScaleOptions>(config, owner, kWithoutScaling));
}

std::map<std::string, Optimizer::Make>& table() {
  using namespace optimizers;
  static std::map<std::string, Optimizer::Make> makers = {
      {"adadelta", make<Adadelta, AdadeltaOptions>},
      {"adafactor", make<Adafactor, AdafactorOptions>},
      {"adagrad", make<Adagrad, AdagradOptions>},
      {"adam", make<Adam, AdamOptions>},
      {"adamax", make<Adamax, AdamaxOptions>},
      {"adamw", make<AdamW, AdamWOptions>},
      {"lossscaleoptimizer", make_loss_scaling},
      {"ftrl", make<Ftrl, FtrlOptions>},
      {"lamb", make<Lamb, LambOptions>},
      {"lion", make<Lion, LionOptions>},
      {"lossscaleoptimizerv3", make_loss_scaling},  // of tf.keras 2.11 to 2.15
      {"muon", make<Muon, MuonOptions>},
      {"nadam", make<Nadam, NadamOptions>},
      {"rmsprop", make<RMSprop, RMSpropOptions>},
      {"schedulefreeadamw", make<ScheduleFreeAdamW, ScheduleFreeAdamWOptions>},
      {"sgd", make<SGD, SGDOptions>},
  };
  return makers;
}

Optimizer make_optimizer(const std::string& name, const Json* config, const std::string& owner) {
  const auto found = table().find(table_key(name));
  if (found == table().end()) throw_unknown_identifier(kKind, {name});
  return found->second(config, owner);
}

}  // namespace

Optimizer::Optimizer(const std::string& name) : Optimizer(make_optimizer(name, nullptr, kKind)) {}

optimizers::OptimizerBase* Optimizer::operator->() const {
  if (!base_) throw_empty_function(kKind);
  return base_.get();
}

void Optimizer::add(const std::string& class_name, Make make) {
  table()[table_key(class_name)] = std::move(make);
}

void config_put(Json& out, const char* key, const Optimizer& optimizer) {
  if (!optimizer) {
    put_none(out, key);
    return;
  }
  put_identifier(out, key, "keras.optimizers", optimizer->class_name(), optimizer->registered_name(),
                 [&](Json& config) { optimizer->write_config(config); });
}

void config_get(const Json& in, const ConfigField& field, Optimizer& optimizer) {
  const ConfigIdentifier identifier = read_identifier(in, kKind, field.str());
  optimizer =
      identifier.name.empty() ? Optimizer() : make_optimizer(identifier.name, identifier.config, field.str());
}

}  // namespace sepal
