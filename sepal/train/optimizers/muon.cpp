#include "sepal/train/optimizers/muon.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <nlohmann/json.hpp>

#include "sepal/base/error.h"
#include "sepal/ops/array.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/matmul.h"
#include "sepal/ops/reduce.h"
#include "sepal/train/optimizers/adam_update.h"

namespace sepal::optimizers {
namespace {

std::string in_lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// Keras takes regular expressions. Text from a file is never run as one here: searching could take forever.
void expect_plain_text(const std::string& text) {
  constexpr const char* kSpecial = ".^$*+?()[]{}|\\";
  if (text.find_first_of(kSpecial) == std::string::npos) return;
  throw ValueError(fmt::format(
      "Muon: `exclude_layers` takes parts of paths, not regular expressions. Received: \"{}\"", text));
}

class MuonRule final : public TypedOptimizer<MuonOptions> {
 public:
  explicit MuonRule(MuonOptions options) : TypedOptimizer(std::move(options)) {
    for (const std::string& text : options_.exclude_layers.texts) expect_plain_text(text);
  }

 protected:
  // Only what Adam updates has a velocity.
  std::vector<OwnSlot> own_slots(const Variable& variable) const override {
    const Tensor zeros = Tensor::zeros(variable.shape(), variable.dtype());
    if (is_for_adam(variable)) return {{"momentum", zeros}, {"velocity", zeros}};
    return {{"momentum", zeros}};
  }

  std::optional<double> weight_decay_of(const Variable& variable) const override {
    return is_for_adam(variable) ? options_.adam_weight_decay : options_.weight_decay;
  }

  void update(Step& step) override {
    if (step.slots.size() == 2) {
      update_by_adam(step, {.learning_rate = step.learning_rate * options_.adam_lr_ratio,
                            .beta_1 = options_.adam_beta_1,
                            .beta_2 = options_.adam_beta_2,
                            .epsilon = options_.epsilon});
    } else {
      update_matrix(step);
    }
  }

 private:
  bool is_for_adam(const Variable& variable) const {
    if (variable.shape().rank() != 2) return true;
    const std::string path = variable.path();
    if (options_.exclude_embeddings && in_lower_case(path).find("embedding") != std::string::npos)
      return true;
    const auto& texts = options_.exclude_layers.texts;
    return std::any_of(texts.begin(), texts.end(),
                       [&](const std::string& text) { return path.find(text) != std::string::npos; });
  }

  void update_matrix(Step& step) const {
    Variable& momentum = step.slots[0];
    momentum.assign(ops::add(ops::multiply(momentum.value(), options_.momentum), step.gradient));
    const Tensor direction = options_.nesterov
                                 ? ops::add(step.gradient, ops::multiply(momentum.value(), options_.momentum))
                                 : momentum.value();
    double rate = step.learning_rate;
    if (options_.rms_rate) {
      const Shape& shape = step.variable.shape();
      rate *= std::sqrt(static_cast<double>(std::max(shape[0], shape[1]))) * *options_.rms_rate;
    }
    step.variable.assign(ops::subtract(step.variable.value(), ops::multiply(orthogonal(direction), rate)));
  }

  // The Newton-Schulz iteration moves the singular values of a matrix toward 1.
  Tensor orthogonal(const Tensor& matrix) const {
    const bool is_tall = matrix.shape()[0] > matrix.shape()[1];
    Tensor x = is_tall ? ops::transpose(matrix, {1, 0}) : matrix;
    const Tensor length = ops::add(ops::sqrt(ops::sum(ops::square(x))), 1e-7);
    x = ops::divide(x, length);
    for (std::int64_t i = 0; i < options_.ns_steps; ++i) {
      const Tensor a = ops::matmul(x, x, false, true);
      const Tensor b =
          ops::add(ops::multiply(a, options_.muon_b), ops::multiply(ops::matmul(a, a), options_.muon_c));
      x = ops::add(ops::multiply(x, options_.muon_a), ops::matmul(b, x));
    }
    return is_tall ? ops::transpose(x, {1, 0}) : x;
  }
};

}  // namespace

void config_put(Json& out, const char* key, const TextList& list) { out[key] = list.texts; }

void config_get(const Json& in, const ConfigField& field, TextList& list) {
  list.texts.clear();
  if (in.is_null()) return;
  if (!in.is_array()) config_type_error(field, "a list of texts", in);
  for (const Json& text : in) sepal::config_get(text, field, list.texts.emplace_back());
}

Muon::Muon(MuonOptions options) : Optimizer(std::make_shared<MuonRule>(std::move(options))) {}

}  // namespace sepal::optimizers
