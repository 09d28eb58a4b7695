/** Models of other formats under the name of an .onnx file, by their first bytes. */
import { Malformed } from '../../lib/wire.js';

/** The bytes are a model, and none of ONNX. */
export class OtherFormat extends Malformed {
  constructor(
    what: string,
    /** The way to an .onnx file. */
    readonly mend: string,
  ) {
    super(`it is ${what}`);
  }
}

const FORMATS: readonly (readonly [offset: number, magic: string, what: string, mend: string])[] = [
  [4, 'ORTM', 'in ORT format (.ort)', 'Give the .onnx file that it was made from: an .ort file is bound to a runtime.'],
  [
    4,
    'TFL3',
    'a TensorFlow Lite model',
    'Export with tf2onnx: python -m tf2onnx.convert --tflite FILE --output v42.onnx',
  ],
  [
    0,
    'PK\u0003\u0004',
    'a ZIP archive, as PyTorch and Keras save',
    'Export it: torch.onnx.export(…), or keras model.export(…, format="onnx").',
  ],
  [0, '\u0089HDF', 'an HDF5 file, as Keras saved', 'Export it: keras model.export(…, format="onnx").'],
  [0, '\u0080', 'a pickle', 'Export the model itself: torch.onnx.export(…), or skl2onnx.to_onnx(…).'],
  [0, '\u001f\u008b', 'compressed with gzip', 'Unpack it first: gunzip.'],
];

/** The refusal of a model in another format; undefined for any other bytes. */
export function otherFormat(bytes: Uint8Array): OtherFormat | undefined {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 16)).toString('latin1');
  const format = FORMATS.find(([offset, magic]) => head.startsWith(magic, offset));
  return format && new OtherFormat(format[2], format[3]);
}
