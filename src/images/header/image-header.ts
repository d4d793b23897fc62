/** What a picture's header says of it. */
export interface ImageHeader {
  /** Pixels as stored: the orientation is not applied. */
  width: number;
  height: number;
  /** EXIF's, 1–8: how the stored pixels are to be turned to be upright. */
  orientation: number;
  /** Whether it holds several frames. */
  isAnimated: boolean;
  /** Where the pixels begin in the file, where that is known: behind thumbnails and the like. */
  dataOffset: number;
}
