#include "sepal/models/frozen_plan.h"

#include <algorithm>
#include <cstdio>

#include "sepal/base/error.h"
#include "sepal/base/trace.h"
#include "sepal/models/frozen_fusion.h"
#include "sepal/models/frozen_layout.h"
#include "sepal/models/model.h"

namespace sepal {
namespace {

// Batches of an epoch and their rest, for training and for other data.
constexpr std::size_t kMostLayouts = 4;

}  // namespace

FrozenPlan::FrozenPlan() = default;
FrozenPlan::~FrozenPlan() = default;

bool FrozenPlan::is_current() const {
  return made_ &&
         std::all_of(revisions_.begin(), revisions_.end(),
                     [](const frozen::Revision& seen) { return seen.model->revision() == seen.number; }) &&
         std::all_of(weights_.begin(), weights_.end(),
                     [](const Seen& seen) { return seen.variable.version() == seen.version; });
}

void FrozenPlan::make(const ModelBase& model) {
  layouts_.clear();
  weights_.clear();
  for (const Variable& variable : model.weights()) weights_.push_back({variable, variable.version()});
  revisions_.clear();
  graph_ = nullptr;
  made_ = true;
  if (std::optional<frozen::Graph> graph = frozen::graph_of(model, revisions_)) {
    frozen::fuse(*graph);
    graph_ = std::make_shared<const frozen::Graph>(std::move(*graph));
  }
}

std::shared_ptr<const frozen::Layout> FrozenPlan::layout_for(const ModelBase& model, const Tensors& inputs) {
  const std::lock_guard lock(mutex_);
  if (given_up_) return nullptr;
  if (!is_current()) make(model);
  if (!graph_ || graph_->inputs.size() != inputs.size()) return nullptr;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const bool fits = inputs[i].dtype() == graph_->values[graph_->inputs[i]].dtype &&
                      !inputs[i].mask().defined() && inputs[i].num_elements() > 0;
    if (!fits) return nullptr;
  }
  const auto found = std::find_if(layouts_.begin(), layouts_.end(), [&](const auto& layout) {
    return std::equal(inputs.begin(), inputs.end(), layout->input_shapes().begin(),
                      [](const Tensor& input, const Shape& shape) { return input.shape() == shape; });
  });
  if (found != layouts_.end()) {
    std::rotate(layouts_.begin(), found, found + 1);
    return layouts_.front();
  }
  Shapes shapes;
  for (const Tensor& input : inputs) shapes.push_back(input.shape());
  try {
    layouts_.insert(layouts_.begin(), std::make_shared<const frozen::Layout>(graph_, std::move(shapes)));
  } catch (const Error&) {
    return nullptr;
  }
  if (layouts_.size() > kMostLayouts) layouts_.pop_back();
  if (traces("plan")) std::fputs(layouts_.front()->str().c_str(), stderr);
  return layouts_.front();
}

void FrozenPlan::give_up() {
  const std::lock_guard lock(mutex_);
  given_up_ = true;
}

void FrozenPlan::forget() {
  const std::lock_guard lock(mutex_);
  made_ = false;
  layouts_.clear();
  weights_.clear();
  revisions_.clear();
  graph_ = nullptr;
}

}  // namespace sepal
