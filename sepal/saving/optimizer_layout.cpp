#include "sepal/saving/optimizer_layout.h"

#include <algorithm>

namespace sepal {
namespace {

struct Saved {
  bool updates = true;
  bool rate = true;
  bool all_slots = true;
};

bool is_saved(const optimizers::OptimizerBase& optimizer, const Variables& variables, std::size_t i,
              const Saved& saved) {
  if (i == 0) return saved.updates;
  if (variables[i].name() == "learning_rate") return saved.rate;
  const std::string_view class_name = optimizer.class_name();
  const bool is_nadams_product = class_name == "Nadam" && i + 1 == variables.size();
  const bool is_placeholder = class_name == "Adafactor" && variables[i].shape().rank() == 0;
  return saved.all_slots || !(is_nadams_product || is_placeholder);
}

}  // namespace

Variables variables_for_keras2(const optimizers::OptimizerBase& optimizer) {
  // tf.keras starts the scale of the loss anew.
  if (optimizer.inner_optimizer() != nullptr) return variables_for_keras2(*optimizer.inner_optimizer());
  const Variables variables = optimizer.variables();
  Variables saved;
  for (std::size_t i = 0; i < variables.size(); ++i) {
    if (is_saved(optimizer, variables, i, {.rate = false, .all_slots = false})) saved.push_back(variables[i]);
  }
  return saved;
}

bool is_one_number(const H5File& file, const std::string& path) {
  const auto found = file.datasets().find(path);
  return found != file.datasets().end() && found->second.shape.rank() == 0;
}

std::optional<std::vector<std::string>> paths_of_optimizer(const optimizers::OptimizerBase& optimizer,
                                                           std::size_t learning, const H5File& file,
                                                           std::vector<std::string> paths) {
  const Variables variables = optimizer.variables();
  const optimizers::OptimizerBase* inner = optimizer.inner_optimizer();
  if (inner != nullptr && paths.size() != variables.size()) {
    auto of_variables = paths_of_optimizer(*inner, learning, file, std::move(paths));
    if (of_variables)
      of_variables->insert(of_variables->begin(), variables.size() - of_variables->size(), "");
    return of_variables;
  }
  const bool has_rate = paths.size() > 1 && is_one_number(file, paths[1]);
  const bool has_updates = !paths.empty() && is_one_number(file, paths[0]);
  const bool is_plain_sgd = optimizer.class_name() == std::string_view("SGD") &&
                            variables.size() == (variables.back().name() == "learning_rate" ? 2U : 1U);
  if (is_plain_sgd && !has_rate && paths.size() == 1 + learning) paths.resize(1);
  if (paths.size() == variables.size()) return paths;
  for (const bool all_slots : {true, false}) {
    const Saved saved{.updates = has_updates, .rate = has_rate, .all_slots = all_slots};
    std::vector<std::string> of_variables;
    std::size_t at = 0;
    for (std::size_t i = 0; i < variables.size(); ++i) {
      const bool is_there = is_saved(optimizer, variables, i, saved);
      of_variables.push_back(is_there && at < paths.size() ? paths[at] : std::string());
      at += is_there ? 1 : 0;
    }
    if (at == paths.size()) return of_variables;
  }
  return {};
}

}  // namespace sepal
