"""The values of a table in the few types that files have, column by column, and numbers as text.

It knows no file format, and loses no value: what has no type of its own in a file becomes words.
"""

import pyarrow as pa
import pyarrow.compute as pc


def plain_table(table: pa.Table) -> pa.Table:
    """The table in booleans, numbers, words, dates and arrays (fixed-size lists) of numbers.

    NaN becomes null, absent words the empty word; each column is one chunk. The metadata of the
    fields and of the table stay.
    """
    columns = [_plain(table[name]) for name in table.column_names]
    fields = [
        pa.field(field.name, column.type, metadata=field.metadata)
        for field, column in zip(table.schema, columns, strict=True)
    ]
    schema = pa.schema(fields, metadata=table.schema.metadata)
    return pa.table(columns, schema=schema).combine_chunks()


def worded_dates(table: pa.Table) -> pa.Table:
    """The table with dates and times in words of ISO 8601; an absent one is the empty word."""
    for i, field in enumerate(table.schema):
        if pa.types.is_temporal(field.type):
            words = pc.replace_substring(table[field.name].cast(pa.string()), " ", "T")
            about = pa.field(field.name, pa.string(), metadata=field.metadata)
            table = table.set_column(i, about, pc.fill_null(words, ""))
    return table


def joined_arrays(arrays: pa.FixedSizeListArray, separator: str) -> pa.Array:
    """The numbers of each array in one word."""
    words = arrays.flatten().cast(pa.string())
    size = arrays.type.list_size
    listed = pa.FixedSizeListArray.from_arrays(words, size).cast(pa.list_(pa.string()))
    return pc.binary_join(listed, separator)


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _plain(column.cast(kind.value_type))
    if pa.types.is_null(kind) or pa.types.is_decimal(kind):
        return column.cast(pa.float64())
    if pa.types.is_floating(kind):
        column = column.cast(pa.float32()) if pa.types.is_float16(kind) else column
        return pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
    if pa.types.is_integer(kind) or pa.types.is_boolean(kind) or pa.types.is_temporal(kind):
        return column
    if pa.types.is_fixed_size_list(kind):
        return column
    return pc.fill_null(column.cast(pa.string()), "")
