// The part of the Layer contract that is about losses and updates.
#include <algorithm>
#include <unordered_set>

#include "sepal/base/compatibility.h"
#include "sepal/layers/eager_mode.h"
#include "sepal/layers/layer.h"

namespace sepal {
namespace {

thread_local Tensors* running_losses = nullptr;

// The layer and all layers inside of it, each once, with `read` applied to each.
template <class T, class Read>
void collect(const Layer& layer, std::vector<T>& all, std::unordered_set<const Layer*>& seen, Read read) {
  if (!seen.insert(&layer).second) return;
  for (T& value : read(layer)) {
    if (std::find(all.begin(), all.end(), value) == all.end()) all.push_back(std::move(value));
  }
  for (const auto& inner : layer.sublayers()) collect(*inner, all, seen, read);
}

template <class T, class Read>
std::vector<T> collected(const Layer& layer, Read read) {
  std::vector<T> all;
  std::unordered_set<const Layer*> seen;
  collect(layer, all, seen, read);
  return all;
}

Tensors values_of(const std::vector<AddedLoss>& losses) {
  Tensors values;
  for (const AddedLoss& loss : losses) values.push_back(loss());
  return values;
}

void append(Tensors& all, Tensors more) {
  for (Tensor& tensor : more) all.push_back(std::move(tensor));
}

}  // namespace

Tensors* losses_of_running_call() { return running_losses; }

RunningCall::RunningCall(Tensors* losses) : outer_(running_losses) { running_losses = losses; }
RunningCall::~RunningCall() { running_losses = outer_; }

Tensors Layer::regularization_losses() const {
  const bool keeps_frozen = compatibility() == Compatibility::tf14;
  Tensors losses;
  for (const Variable& variable : keeps_frozen ? weights() : trainable_weights()) {
    if (variable.regularizer()) losses.push_back(variable.regularizer()(variable.value()));
  }
  return losses;
}

Tensors Layer::losses() const {
  expect_graph_mode("Layer.losses");
  Tensors all = regularization_losses();
  append(all, values_of(
                  collected<AddedLoss>(*this, [](const Layer& layer) { return layer.added_losses_.all(); })));
  append(all, call_losses_.read().all());
  return all;
}

Tensors Layer::standing_losses() const {
  Tensors all = regularization_losses();
  append(all, values_of(collected<AddedLoss>(*this, [](const Layer& layer) {
           return layer.added_losses_.where(
               [](const CallInputs& inputs) { return inputs.none() || inputs.symbolic(); });
         })));
  return all;
}

void Layer::add_loss(AddedLoss loss, CallInputs inputs) {
  expect_graph_mode("Layer.add_loss");
  if (Tensors* losses = losses_of_running_call()) {
    losses->push_back(loss());
    return;
  }
  added_losses_.add(std::move(loss), std::move(inputs));
}

void Layer::add_loss(const std::vector<AddedLoss>& losses, const CallInputs& inputs) {
  expect_graph_mode("Layer.add_loss");
  for (const AddedLoss& loss : losses) add_loss(loss, inputs);
}

Tensors Layer::get_losses_for(const CallInputs& inputs) const {
  expect_graph_mode("Layer.get_losses_for");
  Tensors all;
  if (inputs.none()) all = regularization_losses();
  append(all, values_of(collected<AddedLoss>(
                  *this, [&](const Layer& layer) { return layer.added_losses_.of(inputs); })));
  append(all, call_losses_.read().of(inputs));
  return all;
}

void Layer::add_update(Update update, const CallInputs& inputs) {
  if (!executing_eagerly()) updates_.add(std::move(update), inputs);
}

std::vector<Update> Layer::updates() const {
  expect_graph_mode("Layer.updates");
  return collected<Update>(*this, [](const Layer& layer) { return layer.updates_.all(); });
}

std::vector<Update> Layer::get_updates_for(const CallInputs& inputs) const {
  expect_graph_mode("Layer.get_updates_for");
  return collected<Update>(*this, [&](const Layer& layer) { return layer.updates_.of(inputs); });
}

}  // namespace sepal
