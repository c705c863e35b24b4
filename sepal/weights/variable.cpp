#include "sepal/weights/variable.h"

#include <fmt/format.h>

#include <atomic>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/base/error.h"
#include "sepal/weights/autocast_scope.h"

namespace sepal {

struct Variable::State {
  Tensor value;
  std::string name;
  VariableOptions options;
  std::uint64_t id;
  std::uint64_t version = 0;
};

Variable::Variable(const Tensor& value, std::string name, VariableOptions options) {
  static std::atomic<std::uint64_t> last_id{0};
  if (!value.defined()) throw ValueError(fmt::format("Variable '{}' needs an initial value.", name));
  if (options.path.empty()) options.path = name;
  state_ = std::make_shared<State>(State{value, std::move(name), std::move(options), ++last_id});
}

Variable::State& Variable::state() const {
  if (!state_) throw RuntimeError("This handle names no variable.");
  return *state_;
}

std::uint64_t Variable::id() const { return state_ ? state_->id : 0; }
const std::string& Variable::name() const { return state().name; }
const std::string& Variable::path() const { return state().options.path; }
void Variable::set_path(std::string path) { state().options.path = std::move(path); }
const Shape& Variable::shape() const { return state().value.shape(); }
DType Variable::dtype() const { return state().value.dtype(); }
std::int64_t Variable::num_elements() const { return state().value.num_elements(); }
bool Variable::trainable() const { return state().options.trainable; }
void Variable::set_trainable(bool trainable) { state().options.trainable = trainable; }
const Regularizer& Variable::regularizer() const { return state().options.regularizer; }
const Constraint& Variable::constraint() const { return state().options.constraint; }
std::uint64_t Variable::version() const { return state().version; }

Tensor Variable::value() const {
  const State& s = state();
  if (s.options.trainable) GradientTape::watch_everywhere(s.value);
  return s.options.autocast ? AutocastScope::cast(s.value) : s.value;
}

void Variable::assign(const Tensor& value) {
  State& s = state();
  if (value.shape() != s.value.shape()) {
    throw ValueError(fmt::format(
        "The shape of the target variable and the shape of the target value in `variable.assign(value)` must "
        "match. variable.shape={}, Received: value.shape={}. Target variable: {}",
        s.value.shape().str(), value.shape().str(), s.options.path));
  }
  s.value = value.astype(s.value.dtype());
  ++s.version;
}

Tensor& Variable::mutable_value() {
  State& s = state();
  ++s.version;
  return s.value;
}

}  // namespace sepal
