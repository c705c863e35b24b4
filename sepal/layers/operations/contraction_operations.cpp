// Operations that sum products of two tensors: Matmul, Dot, Tensordot, Einsum.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "sepal/base/error.h"
#include "sepal/layers/operations/argument_tensor.h"
#include "sepal/layers/operations/array_operation.h"
#include "sepal/ops/einsum.h"

namespace sepal {
namespace {

// Operands may be constants.
template <class OptionsT>
class Contraction : public OperationLayer {
 public:
  struct Kind {
    const char* class_name;
    /// The product as einsum writes it, for operands of these shapes.
    std::string (*subscripts)(const OptionsT& options, const Shapes& operands);
  };

  Contraction(Kind kind, OptionsT options, const std::string& name)
      : OperationLayer(keras_modules::kNumpy, kind.class_name, name),
        kind_(kind),
        options_(std::move(options)) {}

 protected:
  void read_arguments(const Json& args) override { operands_ = OperandList(args, owner()); }
  Tensors compute(const Tensors& inputs) const override {
    std::vector<DType> dtypes;
    Shapes shapes;
    for (const Tensor& input : inputs) dtypes.push_back(input.dtype());
    for (const Tensor& input : inputs) shapes.push_back(input.shape());
    const Tensors operands = operands_.joined(inputs, compute_dtype(dtypes));
    return {ops::einsum(kind_.subscripts(options_, operands_.joined_shapes(shapes)), operands)};
  }
  Shapes compute_shapes(const Shapes& input_shapes) const override {
    const Shapes shapes = operands_.joined_shapes(input_shapes);
    return {ops::einsum_shape(kind_.subscripts(options_, shapes), shapes)};
  }
  DType compute_dtype(const std::vector<DType>& input_dtypes) const override {
    const DType dtype = operands_.common_dtype(input_dtypes);
    return is_floating(dtype) ? dtype : floatx();
  }
  void put_config(Json& config) const override { write_options(config, options_); }

 private:
  Kind kind_;
  OptionsT options_;
  OperandList operands_;
};

// A number of axes, or a list of two: one axis or several of each operand.
struct ContractedAxes {
  Json value = 2;
};

void config_put(Json& out, const char* key, const ContractedAxes& axes) { out[key] = axes.value; }
void config_get(const Json& in, const ConfigField&, ContractedAxes& axes) { axes.value = in; }

struct TensordotOptions {
  ContractedAxes axes = {};
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("axes", o.axes);
  }
};

struct EinsumOptions {
  std::string subscripts = {};
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("subscripts", o.subscripts);
  }
};

std::string letters(char first, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += static_cast<char>(first + i);
  return text;
}

void expect_two(const char* operation, const Shapes& operands) {
  if (operands.size() == 2 && operands[0].rank() > 0 && operands[1].rank() > 0) return;
  throw ValueError(fmt::format("{}: expected two operands with at least one axis each.", operation));
}

// numpy.matmul: leading axes are broadcast, a single axis is a row or a column.
std::string matmul_subscripts(const NoOptions&, const Shapes& operands) {
  expect_two("Matmul", operands);
  const std::string left = operands[0].rank() > 1 ? "y" : "";
  const std::string right = operands[1].rank() > 1 ? "x" : "";
  return fmt::format("...{0}k,...k{1}->...{0}{1}", left, right);
}

// numpy.dot: the last axis of one with the last but one of the other, everything with everything.
std::string dot_subscripts(const NoOptions&, const Shapes& operands) {
  expect_two("Dot", operands);
  const std::string left = letters('a', operands[0].rank() - 1);
  const std::string leading = letters('n', std::max(0, operands[1].rank() - 2));
  const std::string column = operands[1].rank() > 1 ? "z" : "";
  return fmt::format("{0}m,{1}m{2}->{0}{1}{2}", left, leading, column);
}

std::string tensordot_subscripts(const TensordotOptions& o, const Shapes& operands) {
  expect_two("Tensordot", operands);
  const int rank = operands[0].rank();
  std::vector<std::int64_t> left;
  std::vector<std::int64_t> right;
  if (o.axes.value.is_number_integer()) {
    for (std::int64_t i = 0; i < o.axes.value.get<std::int64_t>(); ++i) {
      left.push_back(rank - o.axes.value.get<std::int64_t>() + i);
      right.push_back(i);
    }
  } else {
    if (!o.axes.value.is_array() || o.axes.value.size() != 2)
      throw ValueError("Tensordot: `axes` must be a number of axes or two lists of axes.");
    IntTuple first;
    IntTuple second;
    config_get(o.axes.value[0], {"Tensordot", "axes"}, first);
    config_get(o.axes.value[1], {"Tensordot", "axes"}, second);
    left = first.values();
    right = second.values();
  }
  if (left.size() != right.size())
    throw ValueError("Tensordot: `axes` must name as many axes of both operands.");
  std::string a = letters('a', rank);
  std::string b = letters('n', operands[1].rank());
  std::string kept = a + b;
  for (std::size_t i = 0; i < left.size(); ++i) {
    const char shared = a[static_cast<std::size_t>(normalize_axis(left[i], rank))];
    char& other = b[static_cast<std::size_t>(normalize_axis(right[i], operands[1].rank()))];
    std::erase(kept, shared);
    std::erase(kept, other);
    other = shared;
  }
  return a + "," + b + "->" + kept;
}

std::string given_subscripts(const EinsumOptions& o, const Shapes&) { return o.subscripts; }

template <class Options>
LayerFactory contraction(typename Contraction<Options>::Kind kind) {
  return operation_factory<Options>([kind](Options options, const std::string& name) {
    return std::make_shared<Contraction<Options>>(kind, std::move(options), name);
  });
}

}  // namespace

void add_contraction_operations(std::map<std::string, LayerFactory>& rows) {
  rows["keras.src.ops.numpy>Matmul"] = contraction<NoOptions>({"Matmul", &matmul_subscripts});
  rows["keras.src.ops.numpy>Dot"] = contraction<NoOptions>({"Dot", &dot_subscripts});
  rows["keras.src.ops.numpy>Tensordot"] = contraction<TensordotOptions>({"Tensordot", &tensordot_subscripts});
  rows["keras.src.ops.numpy>Einsum"] = contraction<EinsumOptions>({"Einsum", &given_subscripts});
}

}  // namespace sepal
